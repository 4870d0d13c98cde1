/** The page's own light client, as pages see it. Its code comes after the first view, so that nothing waits for it. */
import type { Verdict, VerifierStatus } from '../verifier/verdict.ts';
import type { ShownBlock, ShownEntry, ShownSummary, ShownText, ShownTip, Verifier } from '../verifier/verifier.ts';

class Verification {
  /** Undefined until its code is there. */
  status: VerifierStatus | undefined = $state.raw(undefined);

  readonly #verifier = Promise.withResolvers<Verifier>();

  /** What does the checking is there from now on. */
  use(verifier: Verifier): void {
    verifier.subscribe((status) => {
      this.status = status;
    });
    this.#verifier.resolve(verifier);
  }

  async proveEntry(shown: ShownEntry): Promise<Verdict> {
    return (await this.#verifier.promise).proveEntry(shown);
  }

  async proveAuthors(shown: readonly ShownText[]): Promise<readonly Verdict[]> {
    return (await this.#verifier.promise).proveAuthors(shown);
  }

  async proveBlock(shown: ShownBlock): Promise<Verdict> {
    return (await this.#verifier.promise).proveBlock(shown);
  }

  async proveSummaries(shown: readonly ShownSummary[]): Promise<readonly Verdict[]> {
    return (await this.#verifier.promise).proveSummaries(shown);
  }

  async noteShown(tips: readonly ShownTip[]): Promise<void> {
    (await this.#verifier.promise).noteShown(tips);
  }

  async trust(genesisHash: string | undefined): Promise<void> {
    (await this.#verifier.promise).trust(genesisHash);
  }
}

export const verification = new Verification();
