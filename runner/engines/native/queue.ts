/** First in, first out; `shift` costs the same however long the queue is. */
export interface Queue<T> {
  readonly length: number;
  push(item: T): void;
  /** The item that is `index` behind the first one. */
  peek(index: number): T | undefined;
  last(): T | undefined;
  shift(): T | undefined;
}

/** Taken items are cut off the array when they are more than this and more than half of it. */
const takenMax = 1024;

export function createQueue<T>(): Queue<T> {
  let items: (T | undefined)[] = [];
  let head = 0;
  return {
    get length() {
      return items.length - head;
    },
    push(item) {
      items.push(item);
    },
    peek: (index) => items[head + index],
    last: () => (items.length > head ? items[items.length - 1] : undefined),
    shift() {
      if (head === items.length) return undefined;
      const item = items[head];
      items[head] = undefined;
      head += 1;
      if (head > takenMax && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
  };
}
