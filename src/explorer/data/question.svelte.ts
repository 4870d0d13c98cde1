/** What a page asks for: asked anew whenever what it depends on changes, and only the answer to the latest counts. */
import { untrack } from 'svelte';
import type { Asked } from './api.ts';

export class Question<Value> {
  /** Undefined until there is one. The last one stays while the same thing is asked again. */
  answer: Asked<Value> | undefined = $state.raw(undefined);
  #subject: string | undefined = $state.raw(undefined);

  /**
   * Asks with `task`; `subject` names what it is about, and with another one the old answer is gone at once. Returns what
   * cancels it: an effect of a page may return it.
   */
  ask(subject: string, task: (signal: AbortSignal) => Promise<Asked<Value>>): () => void {
    const controller = new AbortController();
    // An effect that asks is not to run again because of what it has asked.
    if (subject !== untrack(() => this.#subject)) this.answer = undefined;
    this.#subject = subject;
    void task(controller.signal).then((answer) => {
      if (!controller.signal.aborted) this.answer = answer;
    });
    return () => controller.abort();
  }

  /** The answer, if it is about `subject`: between a change of the address and the next question there is none. */
  about(subject: string): Asked<Value> | undefined {
    return subject === this.#subject ? this.answer : undefined;
  }

  /** Nothing is asked any more. */
  forget(): void {
    this.answer = undefined;
    this.#subject = undefined;
  }
}
