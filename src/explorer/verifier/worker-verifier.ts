/** The verifier of a page: a worker that does the work, and what passes to it and back. */
import { rememberedTrust, rememberTrust } from './trust-memory.ts';
import type { Trouble, Verdict, VerifierStatus } from './verdict.ts';
import type { ShownBlock, ShownEntry, ShownSummary, ShownText, ShownTip, Verifier } from './verifier.ts';
import workerUrl from './worker.ts?worker&url';
import type { FromWorker, ShownThing, ToWorker } from './worker-message.ts';

/** A verifier for the page's own origin. Its worker starts at once: call this when the first view is there, and once. */
export function createVerifier(): Verifier {
  return new WorkerVerifier();
}

class WorkerVerifier implements Verifier {
  readonly #listeners = new Set<(status: VerifierStatus) => void>();
  readonly #asked = new Map<number, (verdicts: readonly Verdict[]) => void>();
  #status: VerifierStatus = BEFORE;
  #worker: Worker;
  #lastRequest = 0;
  #isBroken = false;
  #shown: readonly ShownTip[] = [];

  constructor() {
    this.#worker = this.#start();
  }

  get status(): VerifierStatus {
    return this.#status;
  }

  subscribe(listener: (status: VerifierStatus) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#status);
    return () => this.#listeners.delete(listener);
  }

  proveEntry(shown: ShownEntry): Promise<Verdict> {
    const { id, text, place } = shown;
    return this.#proveOne({
      type: 'entry',
      shown: { id, text, place: place === undefined ? undefined : { ...place } },
    });
  }

  proveAuthors(shown: readonly ShownText[]): Promise<readonly Verdict[]> {
    const entries = shown.map(({ id, text }) => ({ id, text }));
    return this.#prove({ type: 'authors', shown: entries }, entries.length);
  }

  proveBlock(shown: ShownBlock): Promise<Verdict> {
    const { height, hash, text } = shown;
    return this.#proveOne({ type: 'block', shown: { height, hash, text } });
  }

  proveSummaries(shown: readonly ShownSummary[]): Promise<readonly Verdict[]> {
    // Copies of what is needed: what pages keep may be a proxy, which no message can carry.
    const rows = shown.map(({ height, hash, prev_hash, time, bits }) => ({ height, hash, prev_hash, time, bits }));
    return this.#prove({ type: 'summaries', shown: rows }, rows.length);
  }

  noteShown(tips: readonly ShownTip[]): void {
    this.#shown = tips.map(({ port, height, hash }) => ({ port, height, hash }));
    this.#send({ type: 'shown', tips: this.#shown });
  }

  trust(genesisHash: string | undefined): void {
    rememberTrust(genesisHash === undefined ? undefined : { genesisHash, isSet: true });
    this.#worker.terminate();
    this.#giveUp();
    this.#isBroken = false;
    this.#tell(BEFORE);
    this.#worker = this.#start();
    this.#send({ type: 'shown', tips: this.#shown });
  }

  #start(): Worker {
    // A TrustedScriptURL where the browser has them: taken wherever an address is.
    const worker = new Worker(WORKER_POLICY?.createScriptURL(workerUrl) ?? workerUrl, { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (worker === this.#worker) this.#heard(data);
    });
    worker.addEventListener('error', ({ message }) => {
      if (worker !== this.#worker) return;
      this.#tell({ ...this.#status, phase: 'failed', trouble: broken(message) });
      this.#isBroken = true;
      this.#giveUp();
    });
    worker.postMessage({
      type: 'start',
      origin: location.origin,
      remembered: rememberedTrust(),
    } satisfies ToWorker);
    return worker;
  }

  #heard(message: FromWorker): void {
    if (this.#isBroken) return;
    switch (message.type) {
      case 'status': {
        const { trust } = message.status;
        if (trust !== undefined && rememberedTrust() === undefined) {
          rememberTrust({ genesisHash: trust.genesisHash, isSet: false });
        }
        return this.#tell(message.status);
      }
      case 'proved':
        this.#asked.get(message.request)?.(message.verdicts);
        this.#asked.delete(message.request);
        return;
    }
  }

  async #prove(thing: ShownThing, count: number): Promise<readonly Verdict[]> {
    const { promise, resolve } = Promise.withResolvers<readonly Verdict[]>();
    const request = ++this.#lastRequest;
    if (this.#isBroken) return Array.from({ length: count }, () => NO_VERDICT);
    this.#asked.set(request, resolve);
    this.#send({ type: 'prove', request, thing });
    const verdicts = await promise;
    return Array.from({ length: count }, (_, i) => verdicts[i] ?? NO_VERDICT);
  }

  async #proveOne(thing: ShownThing): Promise<Verdict> {
    return (await this.#prove(thing, 1))[0] ?? NO_VERDICT;
  }

  #giveUp(): void {
    for (const resolve of this.#asked.values()) resolve([]);
    this.#asked.clear();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #tell(status: VerifierStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }
}

function broken(message: string): Trouble {
  const text = 'The part of this page that checks the chain has failed: load the page again.';
  return { code: 'verifier-broken', text, facts: [{ name: 'message', value: message, kind: 'text' }] };
}

/** Only this one address may become a worker: the page's policy asks for a rule, and this is it. It may be made once. */
const WORKER_POLICY = (globalThis as { readonly trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy(
  'cairn-worker',
  { createScriptURL: (url) => (url === workerUrl ? url : '') },
);

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

const BEFORE: VerifierStatus = {
  phase: 'starting',
  trust: undefined,
  tip: undefined,
  steps: [],
  peers: [],
  gateway: { outcome: 'unchecked', text: 'What the gateway shows has not been compared with anything yet.', ports: [] },
  trouble: undefined,
};
const NO_VERDICT: Verdict = {
  outcome: 'unchecked',
  text: 'The check was broken off.',
  steps: [],
  place: undefined,
  authors: [],
};
