/**
 * @file Python pickles, as data: the machine that puts lists, dicts and numbers together. It calls nothing that a file
 * names; what a name or a persistent id stands for is asked of `hooks`, which refuse what they do not know.
 * Source: CPython's Lib/pickletools.py, protocols 0 to 5.
 */
import { ByteReader } from "./byte-reader.ts";
import type { Fail } from "./fail.ts";

/** Something a pickle may name: a function that builds a value, or a type. */
export interface PickleGlobal {
  readonly name: string;
  /** What calling it with these arguments gives; left out where it is only named. */
  readonly call?: (args: readonly unknown[], fail: Fail) => unknown;
  /** Takes in the state that a pickle gives an object made by `call`. Left out: objects have none. */
  readonly setState?: (object: unknown, state: unknown, fail: Fail) => void;
}

export interface PickleHooks {
  /** The thing of this name, or a refusal by `fail`. */
  global(module: string, name: string): unknown;
  persistent(id: unknown): unknown;
}

/** A Python tuple: an array that is told apart from a list only by the machine. */
class Tuple extends Array<unknown> {}

const MARK = Symbol("mark");
/** Numbers of more digits are nobody's hyper-parameter, and take long to make. */
const MAX_INTEGER_BYTES = 1024;

/**
 * Reads one pickle. None, booleans, texts and floats are JavaScript's; whole numbers are numbers where they are exact and
 * else bigints; lists and tuples are arrays, dicts Maps, sets Sets, bytes Uint8Arrays.
 *
 * @returns the value, and where the next byte after the pickle is.
 */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  hooks: PickleHooks,
  fail: Fail,
): { value: unknown; end: number } {
  const machine = new Machine(bytes, start, hooks, fail);
  return { value: machine.run(), end: machine.end };
}

class Machine {
  readonly #in: ByteReader;
  readonly #hooks: PickleHooks;
  readonly #fail: Fail;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  /** Which global made an object: it knows what to do with the object's state. */
  readonly #makers = new WeakMap<object, PickleGlobal>();

  constructor(bytes: Uint8Array, start: number, hooks: PickleHooks, fail: Fail) {
    this.#hooks = hooks;
    this.#fail = (code, text, cause) => fail(code, text, cause);
    this.#in = new ByteReader(bytes, this.#fail, start);
  }

  get end(): number {
    return this.#in.position;
  }

  run(): unknown {
    for (;;) {
      const at = this.#in.position;
      const op = this.#in.uint8();
      if (op === 0x2e) break; // STOP
      const act = instructions.get(op);
      if (!act)
        this.#fail(
          "pickle",
          `byte ${at} of the pickle, 0x${op.toString(16).padStart(2, "0")}, is no instruction that can be read. Is it a pickle?`,
        );
      else act(this);
    }
    const value = this.pop();
    if (this.#stack.length > 0) this.#fail("pickle", `the pickle ends with ${this.#stack.length} values left over.`);
    return value;
  }

  get in(): ByteReader {
    return this.#in;
  }

  /** Never returns; `throw` in front tells the compiler. */
  fail(text: string): never {
    return this.#fail("pickle", text);
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    if (this.#stack.length === 0) this.fail("the pickle takes a value from an empty stack.");
    const value = this.#stack.pop();
    return value === MARK ? this.fail("the pickle takes a mark for a value.") : value;
  }

  peek(): unknown {
    const value = this.#stack.at(-1);
    return value === undefined || value === MARK ? this.fail("the pickle fills a container that is not there.") : value;
  }

  /** Everything above the last mark. */
  popMark(): unknown[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) this.fail("the pickle goes back to a mark that it never set.");
    return this.#stack.splice(at).slice(1);
  }

  /** POP takes marks away, too. */
  drop(): void {
    if (this.#stack.length === 0) this.fail("the pickle takes a value from an empty stack.");
    this.#stack.pop();
  }

  mark(): void {
    this.#stack.push(MARK);
  }

  get(index: number): void {
    if (!this.#memo.has(index)) this.fail(`the pickle remembers nothing under ${index}.`);
    this.push(this.#memo.get(index));
  }

  put(index: number = this.#memo.size): void {
    this.#memo.set(index, this.peek());
  }

  global(module: unknown, name: unknown): void {
    if (typeof module !== "string" || typeof name !== "string")
      throw this.fail("the pickle names something by what is no text.");
    this.push(this.#hooks.global(module, name));
  }

  persistent(id: unknown): void {
    this.push(this.#hooks.persistent(id));
  }

  /** REDUCE, NEWOBJ: builds a value by something that was named. */
  build(maker: unknown, args: unknown): void {
    const { call, name } = (typeof maker === "object" && maker !== null ? maker : {}) as Partial<PickleGlobal>;
    if (!Array.isArray(args)) throw this.fail("the pickle calls something without a tuple of arguments.");
    if (!call) throw this.fail(`the pickle calls ${name ?? "a value that is no function"}.`);
    const value = call(args, this.#fail);
    if (typeof value === "object" && value !== null) this.#makers.set(value, maker as PickleGlobal);
    this.push(value);
  }

  /** BUILD: gives the object on top its state. */
  setState(): void {
    const state = this.pop();
    const object = this.peek();
    const maker = typeof object === "object" && object !== null ? this.#makers.get(object) : undefined;
    if (!maker?.setState) throw this.fail("the pickle gives a state to a value that has none.");
    maker.setState(object, state, this.#fail);
  }

  append(values: readonly unknown[]): void {
    const list = this.peek();
    if (!Array.isArray(list) || list instanceof Tuple) throw this.fail("the pickle appends to what is no list.");
    for (const value of values) list.push(value);
  }

  setItems(values: readonly unknown[]): void {
    const dict = this.peek();
    if (!(dict instanceof Map) || values.length % 2 !== 0)
      throw this.fail("the pickle puts entries into what is no dict.");
    for (let i = 0; i < values.length; i += 2) dict.set(values[i], values[i + 1]);
  }

  addItems(values: readonly unknown[]): void {
    const set = this.peek();
    if (!(set instanceof Set)) throw this.fail("the pickle adds to what is no set.");
    for (const value of values) set.add(value);
  }

  /** The `count` values on top. */
  tuple(count: number): void {
    const values = Array.from({ length: count }, () => this.pop());
    this.push(tupleOf(values.reverse()));
  }

  /** Two's complement, little-endian. */
  integer(length: number): void {
    if (length > MAX_INTEGER_BYTES)
      this.fail(`the pickle has a whole number of ${length} bytes; up to ${MAX_INTEGER_BYTES} are read.`);
    let value = 0n;
    const bytes = this.#in.bytes(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    this.push(plainInteger(BigInt.asIntN(8 * length, value)));
  }

  /** A whole number or, in the oldest protocol, a boolean as text. */
  integerText(text: string): void {
    if (!/^[+-]?\d{1,2400}L?$/.test(text)) this.fail(`"${text.slice(0, 40)}" is no whole number.`);
    const boolean = text === "00" || text === "01";
    this.push(boolean ? text === "01" : plainInteger(BigInt(text.replace(/[+L]/g, ""))));
  }

  floatText(text: string): void {
    const special: Record<string, number> = {
      inf: Number.POSITIVE_INFINITY,
      "-inf": Number.NEGATIVE_INFINITY,
      nan: Number.NaN,
    };
    const value = Object.hasOwn(special, text) ? special[text]! : Number(text);
    if (text.trim() === "" || (Number.isNaN(value) && text !== "nan"))
      this.fail(`"${text.slice(0, 40)}" is no number.`);
    this.push(value);
  }

  /** The oldest protocol's quoted text; escapes are nobody's key. */
  quotedText(line: string): void {
    const text = /^(['"])([^\\]*)\1$/.exec(line)?.[2];
    if (text === undefined) this.fail("the pickle has a text that is not plainly quoted.");
    this.push(text);
  }
}

function tupleOf(values: readonly unknown[]): Tuple {
  const tuple = new Tuple();
  for (const value of values) tuple.push(value); // not Tuple.from, which takes a single number for a length
  return tuple;
}

function plainInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

type Instruction = (machine: Machine) => void;

function pairs(machine: Machine, values: readonly unknown[]): void {
  machine.push(new Map());
  machine.setItems(values);
}

/** By opcode; those left out (extensions, buffers outside, the oldest ways to make objects) are refused. */
const instructions: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  [0x80, (m) => void (m.in.uint8() > 5 && m.fail("the pickle is of a protocol after 5."))], // PROTO
  [0x95, (m) => void m.in.uint64()], // FRAME
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => m.drop()], // POP
  [0x31, (m) => void m.popMark()], // POP_MARK
  [0x32, (m) => m.push(m.peek())], // DUP
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4a, (m) => m.push(m.in.int32())], // BININT
  [0x4b, (m) => m.push(m.in.uint8())], // BININT1
  [0x4d, (m) => m.push(m.in.uint16())], // BININT2
  [0x8a, (m) => m.integer(m.in.uint8())], // LONG1
  [0x8b, (m) => m.integer(m.in.uint32())], // LONG4
  [0x49, (m) => m.integerText(m.in.line())], // INT
  [0x4c, (m) => m.integerText(m.in.line())], // LONG
  [0x46, (m) => m.floatText(m.in.line())], // FLOAT
  [0x47, (m) => m.push(m.in.float64())], // BINFLOAT
  [0x53, (m) => m.quotedText(m.in.line())], // STRING
  [0x54, (m) => m.push(latin1(m.in.bytes(m.in.uint32())))], // BINSTRING
  [0x55, (m) => m.push(latin1(m.in.bytes(m.in.uint8())))], // SHORT_BINSTRING
  [0x56, (m) => m.push(m.in.line())], // UNICODE
  [0x58, (m) => m.push(m.in.utf8(m.in.uint32()))], // BINUNICODE
  [0x8c, (m) => m.push(m.in.utf8(m.in.uint8()))], // SHORT_BINUNICODE
  [0x8d, (m) => m.push(m.in.utf8(m.in.uint64()))], // BINUNICODE8
  [0x42, (m) => m.push(m.in.bytes(m.in.uint32()))], // BINBYTES
  [0x43, (m) => m.push(m.in.bytes(m.in.uint8()))], // SHORT_BINBYTES
  [0x8e, (m) => m.push(m.in.bytes(m.in.uint64()))], // BINBYTES8
  [0x96, (m) => m.push(m.in.bytes(m.in.uint64()))], // BYTEARRAY8
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x6c, (m) => m.push(m.popMark())], // LIST
  [0x61, (m) => m.append([m.pop()])], // APPEND
  [0x65, (m) => m.append(m.popMark())], // APPENDS
  [0x29, (m) => m.tuple(0)], // EMPTY_TUPLE
  [0x85, (m) => m.tuple(1)], // TUPLE1
  [0x86, (m) => m.tuple(2)], // TUPLE2
  [0x87, (m) => m.tuple(3)], // TUPLE3
  [0x74, (m) => m.push(tupleOf(m.popMark()))], // TUPLE
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x64, (m) => pairs(m, m.popMark())], // DICT
  [0x73, (m) => m.setItems([m.pop(), m.pop()].reverse())], // SETITEM
  [0x75, (m) => m.setItems(m.popMark())], // SETITEMS
  [0x8f, (m) => m.push(new Set())], // EMPTY_SET
  [0x90, (m) => m.addItems(m.popMark())], // ADDITEMS
  [0x91, (m) => m.push(new Set(m.popMark()))], // FROZENSET
  [0x71, (m) => m.put(m.in.uint8())], // BINPUT
  [0x72, (m) => m.put(m.in.uint32())], // LONG_BINPUT
  [0x70, (m) => m.put(index(m))], // PUT
  [0x94, (m) => m.put()], // MEMOIZE
  [0x68, (m) => m.get(m.in.uint8())], // BINGET
  [0x6a, (m) => m.get(m.in.uint32())], // LONG_BINGET
  [0x67, (m) => m.get(index(m))], // GET
  [0x63, (m) => m.global(m.in.line(), m.in.line())], // GLOBAL
  [0x93, (m) => m.global(...([m.pop(), m.pop()].reverse() as [unknown, unknown]))], // STACK_GLOBAL
  [0x51, (m) => m.persistent(m.pop())], // BINPERSID
  [0x52, (m) => m.build(...([m.pop(), m.pop()].reverse() as [unknown, unknown]))], // REDUCE
  [0x81, (m) => m.build(...([m.pop(), m.pop()].reverse() as [unknown, unknown]))], // NEWOBJ
  [0x62, (m) => m.setState()], // BUILD
]);

function index(machine: Machine): number {
  const text = machine.in.line();
  return /^\d{1,9}$/.test(text)
    ? Number(text)
    : machine.fail(`"${text.slice(0, 40)}" is no place in the pickle's memo.`);
}
