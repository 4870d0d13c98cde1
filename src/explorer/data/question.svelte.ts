/** What a page asks for: asked anew whenever what it depends on changes, and only the answer to the latest counts. */
import type { Asked } from './api.ts';

export class Question<Value> {
  /** Undefined until there is one. The last one stays while the same thing is asked again. */
  answer: Asked<Value> | undefined = $state.raw(undefined);
  #subject: string | undefined;

  /**
   * Asks with `task`; `subject` names what it is about, and with another one the old answer is gone at once. Returns what
   * cancels it: an effect of a page may return it.
   */
  ask(subject: string, task: (signal: AbortSignal) => Promise<Asked<Value>>): () => void {
    const controller = new AbortController();
    if (subject !== this.#subject) this.answer = undefined;
    this.#subject = subject;
    void task(controller.signal).then((answer) => {
      if (!controller.signal.aborted) this.answer = answer;
    });
    return () => controller.abort();
  }

  /** Nothing is asked any more. */
  forget(): void {
    this.answer = undefined;
    this.#subject = undefined;
  }
}
