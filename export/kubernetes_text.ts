/**
 * Texts as Kubernetes must read them: names, labels and references to variables.
 *
 * @module
 */

/**
 * Returns a text in which the kubelet finds no reference to a variable. It
 * replaces `$(NAME)`, turns `$$` into `$`, and damages a letter outside of ASCII
 * after `$`; any other `$` stays as it is.
 *
 * @param text An argument, or the value of a variable.
 */
export function unexpanded(text: string): string {
  return text.replaceAll(
    /\$\$+|\$(?=[(\u0080-\uffff])/g,
    (signs) => signs + signs,
  );
}

/** The longest name of a Service, and the longest value of a label. */
const LONGEST = 63;

/** How much of the end of a long name is kept, with a number that it may have. */
const END = 12;

/**
 * Returns a text as a name that every object of Kubernetes can have: small
 * letters, digits and hyphens, and a letter at the beginning.
 *
 * @param text The text.
 * @returns The name, which can be empty.
 */
export function objectName(text: string): string {
  const name = trimmed(text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"));
  if (name.length <= LONGEST) return name;
  return `${trimmed(name.slice(0, LONGEST - END - 1))}-${
    name.slice(-END).replace(/^-+/, "")
  }`;
}

function trimmed(name: string): string {
  return name.replace(/^[^a-z]+/, "").replace(/-+$/, "");
}

/** A variable that every version of Kubernetes accepts. */
export function isVariable(name: string): boolean {
  return /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name) && name !== "." &&
    !name.startsWith("..") && name.length <= 253;
}
