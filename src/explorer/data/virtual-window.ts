/**
 * Scrolling through more rows than a browser can make high: it draws at most some 17 million pixels, and a million rows
 * of 48 are 48 million.
 *
 * The scroll bar stands for the whole list. Small steps move the rows by as much as the finger did; large ones, as where
 * the bar is dragged, go to that share of the list. What the two differ by is put right when the scrolling rests.
 */

/** The most that any browser that is in use draws, with room to spare. */
const SCROLL_LIMIT = 10_000_000;

export interface WindowSize {
  readonly rows: number;
  /** In pixels, like all that follows. */
  readonly rowHeight: number;
  /** How high the part is that is seen. */
  readonly viewport: number;
}

/** One row that is to be drawn. */
export interface DrawnRow {
  /** From the top of the list. */
  readonly index: number;
  /** From the top of what is seen. */
  readonly y: number;
}

export class VirtualWindow {
  #size: WindowSize = { rows: 0, rowHeight: 1, viewport: 0 };
  /** Of the list, where what is seen begins. */
  #top = 0;
  /** Where the scroll bar stood when it was last heard of. */
  #scrollTop = 0;

  /** How high the scrolled element has to be. */
  get scrollHeight(): number {
    return Math.min(this.#listHeight, SCROLL_LIMIT);
  }

  get top(): number {
    return this.#top;
  }

  resize(size: WindowSize): void {
    this.#size = size;
    this.#moveTo(this.#top);
  }

  /** The scroll bar moved to `scrollTop`. */
  scrolled(scrollTop: number): void {
    const step = scrollTop - this.#scrollTop;
    this.#scrollTop = scrollTop;
    const isDragged = Math.abs(step) > STEP_VIEWPORTS * this.#size.viewport;
    this.#moveTo(isDragged || !this.#isScaled ? scrollTop * this.#scale : this.#top + step);
  }

  /** Goes to where the row `index` is seen, moving no further than that takes; with `top` it is the first. */
  reveal(index: number, place: 'nearest' | 'top' = 'nearest'): void {
    const { rowHeight, viewport } = this.#size;
    const y = index * rowHeight;
    const lowest = place === 'top' ? y : y + rowHeight - viewport;
    this.#moveTo(Math.min(y, Math.max(this.#top, lowest)));
  }

  /** Rows came in above those that are seen, which stay where they are. Who sees the very first row sees the new ones. */
  rowsAdded(count: number): void {
    if (this.#top > 0) this.#top += count * this.#size.rowHeight;
  }

  /** Where the scroll bar belongs, now that it rests. To be set, and then told by `scrolled` as ever. */
  settle(): number {
    this.#scrollTop = this.#isScaled ? this.#top / this.#scale : this.#top;
    return this.#scrollTop;
  }

  /** The rows that are seen, some of them in part. */
  drawn(): DrawnRow[] {
    const { rows, rowHeight, viewport } = this.#size;
    const first = Math.max(0, Math.floor(this.#top / rowHeight));
    const end = Math.min(rows, Math.ceil((this.#top + viewport) / rowHeight));
    return Array.from({ length: Math.max(0, end - first) }, (_, place) => ({
      index: first + place,
      y: (first + place) * rowHeight - this.#top,
    }));
  }

  #moveTo(top: number): void {
    this.#top = Math.max(0, Math.min(top, this.#listHeight - this.#size.viewport));
  }

  get #listHeight(): number {
    return this.#size.rows * this.#size.rowHeight;
  }

  get #isScaled(): boolean {
    return this.#listHeight > SCROLL_LIMIT;
  }

  /** Pixels of the list for one of the scroll bar. */
  get #scale(): number {
    const room = this.scrollHeight - this.#size.viewport;
    return room <= 0 ? 1 : (this.#listHeight - this.#size.viewport) / room;
  }
}

/** A step of more than so much of what is seen is no finger's. */
const STEP_VIEWPORTS = 3;
