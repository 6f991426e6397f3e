/** A first-in-first-out list from whose middle an item can be taken in constant time. */

export class FifoNode<T> {
  next: FifoNode<T> | undefined;
  previous: FifoNode<T> | undefined;
  listed = true;

  constructor(readonly value: T) {}
}

export class Fifo<T> {
  #first: FifoNode<T> | undefined;
  #last: FifoNode<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first?.value;
  }

  push(value: T): FifoNode<T> {
    const node = new FifoNode(value);
    node.previous = this.#last;
    if (this.#last === undefined) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
    this.#size++;
    return node;
  }

  shift(): T | undefined {
    const node = this.#first;
    if (node !== undefined) this.remove(node);
    return node?.value;
  }

  /** Takes `node` out; nothing happens when it is out already. */
  remove(node: FifoNode<T>): void {
    if (!node.listed) return;
    node.listed = false;
    if (node.previous === undefined) this.#first = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.#last = node.previous;
    else node.next.previous = node.previous;
    this.#size--;
  }

  *[Symbol.iterator](): Generator<T, void> {
    for (let node = this.#first; node !== undefined; node = node.next) yield node.value;
  }
}
