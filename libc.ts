/**
 * The functions of the system's C library that make pseudo-terminals, which
 * Deno has no API for. They need `--allow-ffi`, and exist on Linux alone.
 *
 * @module
 */

const FUNCTIONS = {
  posix_openpt: { parameters: ["i32"], result: "i32" },
  unlockpt: { parameters: ["i32"], result: "i32" },
  ptsname_r: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  fchown: { parameters: ["i32", "u32", "u32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  poll: {
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    // Another thread waits.
    nonblocking: true,
  },
} as const;

/** The library. All files that it opens are closed in children. */
export type Libc = Deno.DynamicLibrary<typeof FUNCTIONS>;

/** `O_RDWR | O_NOCTTY | O_CLOEXEC`, which are the same on x86 and ARM. */
export const OPEN: number = 0x2 | 0x100 | 0x80000;

/** `O_NONBLOCK`, also for `eventfd()`. */
export const NONBLOCK = 0x800;

/** `EFD_CLOEXEC`. */
export const EVENT_CLOEXEC = 0x80000;

/** The request of `ioctl()` that sets the size of a terminal. */
export const TIOCSWINSZ = 0x5414n;

/** What `poll()` waits for and tells: something to read, or room to write. */
export const POLLIN = 0x1;
export const POLLOUT = 0x4;

/**
 * Loads the library.
 *
 * @throws {Deno.errors.NotCapable} If the permission is missing.
 * @throws {Error} If there is no such library, as on systems with musl.
 */
export function openLibc(): Libc {
  return Deno.dlopen("libc.so.6", FUNCTIONS);
}
