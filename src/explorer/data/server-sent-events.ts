/** Server-sent events from the answer to a request, where `EventSource` will not do since it cannot POST (WHATWG HTML §9.2). */

/** One event. */
export interface ServerSentEvent {
  readonly type: string;
  readonly data: string;
}

/** The events of a stream, as they come. Ends where the stream ends; what is left then of an unfinished event is dropped. */
export async function* readServerSentEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  if (response.body === null) return;
  let text = '';
  for await (const part of chunks(response.body.pipeThrough(new TextDecoderStream()))) {
    text = (text + part).replaceAll('\r\n', '\n');
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const event = parseEvent(text.slice(0, end));
      text = text.slice(end + 2);
      if (event !== undefined) yield event;
    }
  }
}

/** As `for await` over the stream itself would do, which not every browser can. */
async function* chunks(stream: ReadableStream<string>): AsyncGenerator<string> {
  const reader = stream.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel();
  }
}

function parseEvent(block: string): ServerSentEvent | undefined {
  let type = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^([^:]+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { type, data: data.join('\n') };
}
