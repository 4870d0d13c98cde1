/**
 * A double-ended queue: items are pushed and popped at both ends, and looked up by their place.
 *
 * The recent window of the active chain is kept in one: blocks come and go at the tip, its back, and the oldest fall
 * off its front. A ring in an array, which doubles when it is full, so every operation takes constant time, a push on
 * average. It does not shrink.
 */

export class Deque<Item> {
  /** A power of two long. What is not in use is undefined, so that nothing popped is kept alive. */
  #ring: (Item | undefined)[];
  /** Where the front item stands in the ring. */
  #front = 0;
  #length = 0;

  /** With `items` from front to back. */
  constructor(items: Iterable<Item> = []) {
    this.#ring = new Array<Item | undefined>(CAPACITY_MIN).fill(undefined);
    for (const item of items) this.pushBack(item);
  }

  get length(): number {
    return this.#length;
  }

  pushBack(item: Item): void {
    this.#makeRoom();
    this.#ring[this.#place(this.#length)] = item;
    this.#length++;
  }

  pushFront(item: Item): void {
    this.#makeRoom();
    this.#front = this.#place(this.#ring.length - 1);
    this.#ring[this.#front] = item;
    this.#length++;
  }

  /** Takes the back item off; undefined if there is none. */
  popBack(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#take(this.#length - 1);
    this.#length--;
    return item;
  }

  /** Takes the front item off; undefined if there is none. */
  popFront(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#take(0);
    this.#front = this.#place(1);
    this.#length--;
    return item;
  }

  /** The item at `index`, 0 being the front and -1 the back, as in `Array.at`; undefined beyond either end. */
  at(index: number): Item | undefined {
    const offset = index < 0 ? index + this.#length : index;
    return offset >= 0 && offset < this.#length ? this.#ring[this.#place(offset)] : undefined;
  }

  /** The items from front to back. They are not to be pushed or popped on the way. */
  *[Symbol.iterator](): Generator<Item, void, undefined> {
    for (let offset = 0; offset < this.#length; offset++) {
      // In use, so it is an item, even where `Item` itself includes undefined.
      yield this.#ring[this.#place(offset)] as Item;
    }
  }

  /** Where the item `offset` behind the front stands in the ring. */
  #place(offset: number): number {
    return (this.#front + offset) & (this.#ring.length - 1);
  }

  #take(offset: number): Item | undefined {
    const place = this.#place(offset);
    const item = this.#ring[place];
    this.#ring[place] = undefined;
    return item;
  }

  #makeRoom(): void {
    const capacity = this.#ring.length;
    if (this.#length < capacity) return;
    const ring = new Array<Item | undefined>(2 * capacity).fill(undefined);
    for (let offset = 0; offset < capacity; offset++) ring[offset] = this.#ring[this.#place(offset)];
    this.#ring = ring;
    this.#front = 0;
  }
}

const CAPACITY_MIN = 16;
