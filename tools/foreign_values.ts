/**
 * What a callback can throw or return to do harm.
 *
 * @module
 */

function fail(): never {
  throw new Error("a trap");
}

const TRAPS: ProxyHandler<object> = {
  apply: fail,
  construct: fail,
  defineProperty: fail,
  deleteProperty: fail,
  get: fail,
  getOwnPropertyDescriptor: fail,
  getPrototypeOf: fail,
  has: fail,
  isExtensible: fail,
  ownKeys: fail,
  preventExtensions: fail,
  set: fail,
  setPrototypeOf: fail,
};

/** A Proxy, each of whose traps throws. */
export const TRAPPED: unknown = new Proxy(() => {}, TRAPS);

/** Makes values to be thrown, by what is special about them. */
export const THROWN: Readonly<Record<string, () => unknown>> = {
  "undefined": () => undefined,
  "null": () => null,
  "an empty text": () => "",
  "a symbol": () => Symbol("why"),
  "a frozen object": () => Object.freeze({}),
  "a frozen error": () => Object.freeze(new Error("frozen")),
  "an object without a prototype": () => Object.create(null),
  "an object whose toString throws": () => ({ toString: fail }),
  "an object whose toString returns an object": () => ({
    toString: () => ({}),
    valueOf: () => ({}),
  }),
  "an error whose message throws": () =>
    Object.defineProperty(new Error(), "message", { get: fail }),
  "an error whose message is an object": () =>
    Object.assign(new Error(), { message: { toString: fail } }),
  "an error of Deno whose cause throws": () =>
    Object.defineProperty(new Deno.errors.NotFound(), "cause", { get: fail }),
  "a Proxy of an error": () => new Proxy(new Error("behind a Proxy"), {}),
  "a Proxy whose traps throw": () => TRAPPED,
  "a Proxy of an object whose traps throw": () => new Proxy({}, TRAPS),
  "a Proxy that was revoked": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
};

/**
 * The same without Proxies, for the errors of streams: Deno's own streams fail
 * if a trap throws.
 */
export const STREAM_ERRORS: readonly (() => unknown)[] = Object
  .entries(THROWN)
  .filter(([what]) => !what.startsWith("a Proxy"))
  .map(([, make]) => make);

/**
 * Makes things to be returned in place of a promise, by what is special about
 * them. Awaiting one of them throws.
 */
export const RETURNED: Readonly<Record<string, () => unknown>> = {
  "a promise that rejects with undefined": () => Promise.reject(),
  "a promise that rejects with a Proxy": () => Promise.reject(TRAPPED),
  "a promise whose then throws": () => {
    const promise = Promise.reject(new Error("no reason"));
    return Object.assign(promise, { then: fail });
  },
  "a kind of promise whose then throws": () => {
    class Stubborn extends Promise<never> {
      override then(): never {
        return fail();
      }
    }
    return Stubborn.reject(new Error("no reason"));
  },
  "a kind of promise that cannot be made": () => {
    class Unique extends Promise<never> {
      static override get [Symbol.species](): PromiseConstructor {
        return fail();
      }
    }
    return Unique.reject(new Error("no reason"));
  },
  "a promise whose constructor throws": () => {
    const promise = Promise.reject(new Error("no reason"));
    const traps = { get: fail, configurable: true };
    return Object.defineProperty(promise, "constructor", traps);
  },
  "a thenable that throws": () => ({ then: fail }),
  "a thenable whose getter throws": () =>
    Object.defineProperty({}, "then", { get: fail }),
  "a thenable that rejects twice": () => ({
    then(_: unknown, reject: (error: unknown) => void) {
      reject(undefined);
      reject(TRAPPED);
      fail();
    },
  }),
  "a Proxy whose traps throw": () => TRAPPED,
};
