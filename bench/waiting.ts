/** Something that is waited for, again and again. */
export interface Waiting {
  readonly name: string;
  /** No sample should take longer. */
  readonly aimSeconds: number;
  readonly samples: readonly number[];
}
