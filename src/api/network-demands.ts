/** What a network asks of entries, as a status tells it and as people read it (docs/spec/signatures.md#what-a-network-demands). */

export interface NetworkDemands {
  readonly signatures: 'optional' | 'required';
  /** How many are named who alone may write; 0: anybody may. */
  readonly writers: number;
  /** With how many zero bits the id of every entry begins. */
  readonly stamp_bits: number;
}

/** What stands after `asks for`. */
export function describeDemands({ signatures, writers, stamp_bits: bits }: NetworkDemands): string {
  const demands = [
    ...signatureDemands(signatures === 'required', writers),
    ...(bits === 0 ? [] : [`stamped with ${bits} ${bits === 1 ? 'bit' : 'bits'} of work`]),
  ];
  if (demands.length === 0) return 'nothing of an entry: anybody may write, signed or not';
  const isOfEntry = signatures === 'required' || writers === 0;
  const text = demands.join(isOfEntry ? ', and ' : ', and every entry ');
  return isOfEntry ? `every entry ${text}` : text;
}

function signatureDemands(isRequired: boolean, writers: number): string[] {
  const who = writers === 1 ? 'its one writer' : `one of ${writers} writers`;
  if (isRequired) return [`signed, by ${writers === 0 ? 'anybody' : who}`];
  return writers === 0 ? [] : [`whoever signs to be ${who}`];
}
