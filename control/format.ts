/**
 * Numbers and times as people read them, in the tool and on the page of the
 * dashboard. The functions are pure, but for the local time zone.
 *
 * @module
 */

/** Returns a duration of up to three digits: `4 s`, `12 min`, `3 h`, `5 d`. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** Returns the time until something, rounded up: `3 s`. */
export function untilText(ms: number): string {
  return shortDuration(Math.ceil(Math.max(0, ms) / 1_000) * 1_000);
}

/** Returns bytes in binary units with up to three digits: `38.2 MiB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  const digits = unit > 0 && value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Returns a share of a processor in percent: `0.4 %`. */
export function shareText(share: number): string {
  const percent = share * 100;
  return `${percent.toFixed(percent < 9.95 ? 1 : 0)} %`;
}

/** Returns a local date and time: `2026-03-01 12:00:05`. */
export function dateTime(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${day.map(two).join("-")} ${clock.map(two).join(":")}`;
}

/**
 * Returns when something happens: `at 03:00, in 5 h`, in the local time zone.
 *
 * @param next When, in milliseconds since the epoch.
 * @param now The time in milliseconds since the epoch.
 */
export function nextText(next: number, now: number): string {
  return `at ${clockText(next, now)}, in ${untilText(next - now)}`;
}

/**
 * Returns a local time: `03:00`, with its date if it is a day or more away, and
 * with its seconds if there are any.
 *
 * @param time The time, in milliseconds since the epoch.
 * @param now The present time.
 */
export function clockText(time: number, now: number): string {
  const [day = "", clock = ""] = dateTime(time).split(" ");
  const short = clock.replace(/:00$/, "");
  return Math.abs(time - now) < DAY_MS ? short : `${day} ${short}`;
}

const DAY_MS = 86_400_000;
