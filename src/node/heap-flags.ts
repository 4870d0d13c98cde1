/** The room that V8 is given in the process of a node or a gateway; who starts one passes it on. */

/**
 * Flags for Node. By itself V8 lets what has just been made take 128 MiB once much was made at a time, and does not take them back.
 * From then on it collects the whole heap over and over in place of the new part: after a million appends, twice a second for 50 ms
 * each, which whoever asks has to wait for. With this it collects the new part, for a millisecond or two. Appending is as fast.
 */
export const HEAP_FLAGS: readonly string[] = ['--max-semi-space-size=16'];
