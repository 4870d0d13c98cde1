/** A value that changes at once for the good, and else only where the change lasts. */

/** `value` follows `read()`: at once where `isCalm` says so of the new value, and otherwise after it was not calm for a while. */
export function settled<Value>(read: () => Value, isCalm: (value: Value) => boolean): { readonly value: Value } {
  let value: Value = $state.raw(read());
  let timer: ReturnType<typeof setTimeout> | undefined;

  $effect(() => {
    const next = read();
    if (isCalm(next) || !isCalm(value)) {
      clearTimeout(timer);
      timer = undefined;
      value = next;
    } else {
      timer ??= setTimeout(() => {
        timer = undefined;
        value = read();
      }, A_WHILE);
    }
  });
  $effect(() => () => clearTimeout(timer));

  return {
    get value() {
      return value;
    },
  };
}

/** In ms: a block takes less to come to all nodes. */
const A_WHILE = 1_200;
