/**
 * What secrets look like, and what their names look like.
 *
 * The patterns look at text that programs write, of any length, so each of them
 * begins with fixed text and takes a time in proportion to it.
 *
 * @module
 */

/** Words in the names of secrets. */
const WORDS =
  /pass|pwd|secret|token|key|cred|auth|private|dsn|cookie|session|signature|cert|webhook|jwt|salt/i;

/** Words that contain one of these, and mean something else. */
const OTHERS =
  /author(?!i)|keyboard|keymap|keyring|monkey|bypass|compass|passive|passenger/gi;

/** Variables with such a word in their names that many systems set. */
const HARMLESS =
  /^((OLD|INIT_)?PWD|XDG_SESSION_.*|DESKTOP_SESSION|GDMSESSION|SESSION_MANAGER|SSH_AUTH_SOCK|DBUS_SESSION_.*|XAUTHORITY|(SSL|NIX_SSL|CURL|REQUESTS|DENO)_?CA?_?(CERT|BUNDLE)(_FILE|_DIR)?|SSL_CERT_(FILE|DIR)|GPG_TTY)$/;

/**
 * Returns whether a variable or a property with a name may be secret.
 *
 * @param name The name.
 */
export function isSecretName(name: string): boolean {
  return !HARMLESS.test(name) && WORDS.test(name.replace(OTHERS, ""));
}

/** The names of values in text; `key` alone names anything. */
const NAME =
  "(?:pass(?:word|wd|phrase|code)|pass(?=[\"'`]?\\s{0,8}[:=])|\\bpw(?!\\w)|pwd|secret|" +
  "token(?!iz|s(?![a-z]))|credentials?|" +
  "api[-_ ]?key|(?:secret|access|private|encryption|signing|account|auth|" +
  "master|shared|session)[-_ ]?key|_key|sess(?:ion)?[-_]?id|dsn|signature|" +
  "\\bsig)";

/** What can stand between a name and its value: colors, quotes, a colon. */
const COLOR = "(?:\\x1b\\[[\\d;]{0,20}m)*";
const BETWEEN = `[\\w-]{0,40}\\\\{0,4}["'\`]?${COLOR}\\s{0,8}(?:=>|:=|[:=])` +
  `\\s{0,8}${COLOR}(?:Some\\(|\\[\\s{0,8}(?=["'\`]))?`;

/** A value: in quotes, which can be escaped, or up to a space. */
const VALUE = '(?:"((?:[^"\\\\]|\\\\.)+)' +
  '|\\\\{1,4}"((?:[^"\\\\]|\\\\{2,}"?|\\\\[^"\\\\])+)' +
  "|'((?:[^'\\\\]|\\\\.)+)" +
  "|`([^`]+)" +
  "|(?!true\\b|false\\b|null\\b|none\\b|undefined\\b)" +
  "([^\\s\"'`,;&<>()[\\]{}\\\\\\x1b][^\\s\"'`,;&<>\\x1b]*))";

/** The names of options of programs. */
const OPTION = "--?[\\w-]{0,30}(?:pass(?:word|wd|phrase)?|pwd|secret|token|" +
  "api-?key|access-?key|private-?key|credentials?|auth)[\\w-]{0,30}";

/** An option that is followed by a secret. */
export const SECRET_OPTION: RegExp = new RegExp(
  `^(?:${OPTION}|--?pw)$`,
  "i",
);

/** An argument that is a name and a secret, which can have spaces. */
export const SECRET_PAIR: RegExp = new RegExp(
  `^(-{0,2}(?:[\\w.]{1,40}[_.-])?${NAME}[\\w-]{0,40}=|x-auth[\\w-]{0,40}:\\s{0,8})(?=.)`,
  "is",
);

/** What programs take a secret by an option with a short name. */
export const SHORT_OPTIONS: readonly {
  readonly program: RegExp;
  readonly option: string;
}[] = [
  { program: /^(mysql\w*|mariadb[\w-]*|sshpass|pgcli)$/, option: "-p" },
  { program: /^redis-(cli|benchmark)$/, option: "-a" },
  { program: /^(curl|wget)$/, option: "-u" },
  { program: /^ldap\w+$/, option: "-w" },
];

/**
 * The patterns. What is secret is in the groups; all of a match, if there are
 * none.
 */
export const PATTERNS: readonly RegExp[] = [
  // A header, or a cookie, to the end of the line or of its quotes.
  new RegExp(
    `authorization${BETWEEN}(?:\\\\{0,4}["'\`])?((?!\\[)[^"'\`\\r\\n\\x1b]+)`,
    "gi",
  ),
  /\b(?:set-)?cookie["'`]?\s{0,4}[:=]\s{0,4}["'`]?([^"'`\r\n]+)/gi,
  /\bx-(?:api-key|auth-token|csrf-token|amz-security-token)["'`]?\s{0,4}[:=]\s{0,4}["'`]?([^\s"'`]+)/gi,
  /\b(?:bearer|basic|digest)\s{1,4}([\w.~+/-]{8,}=*)/gi,
  // A line of YAML, whose value can have spaces.
  /^[ \t]*["']?[\w.-]*?(?:password|passwd|passphrase|secret)["']?:[ \t]+(?!["'{[|>]|(?:null|true|false|~)\s*$)(\S.*)$/gim,
  // Pairs of a name and a value.
  new RegExp(`${NAME}${BETWEEN}${VALUE}`, "gi"),
  // Elements of XML, and their attributes.
  /<[\w:-]{0,40}(?:password|passwd|secret|token|api-?key)[\w-]{0,20}(?:\s[^<>]{0,200})?>([^<]+)<\//gi,
  /\b(?:key|name)=["'][^"'<>]{0,80}(?:password|secret|token|api-?key)[^"'<>]{0,40}["']\s{1,8}value=["']([^"']+)/gi,
  // The files .netrc and config.json of docker.
  /\blogin\s{1,8}\S{1,200}\s{1,8}password\s{1,8}(\S+)/g,
  /["'_]auth["']?\s{0,4}[:=]\s{0,4}["']?([\w+/-]{8,}=*)/gi,
  // A program that tells the password it has made, or echoes a question.
  /\bpassword\b[^\n:=]{0,40}\b(?:is|for)\b[^\n:=]{0,60}:[ \t]{1,4}(\S+)/gi,
  // The arguments of programs.
  new RegExp(`(?<![\\w-])${OPTION}[= ]\\s{0,4}["'\`]?(?!-)([^\\s"'\`]+)`, "gi"),
  /\b(?:mysql\w{0,10}|mariadb[\w-]{0,10}|sshpass)\b[^|;&\n]{0,400}?\s-p ?["']?([^\s"'-][^\s"']*)/g,
  /\bredis-cli\b[^|;&\n]{0,400}?\s-a ?["']?([^\s"'-][^\s"']*)/g,
  /\b(?:curl|wget)\b[^|;&\n]{0,400}?\s(?:-u|--user) ?["']?[^\s"':]{0,100}:([^\s"']+)/g,
  // The user's part of a URL.
  /:\/\/[^\s/:@"'<>]{0,256}:([^\s/"'<>]{1,512})@/g,
  // With a slash that should be encoded; what is a port is no password.
  /:\/\/[^\s/:@"'<>[]{0,256}:(?!\d{1,5}[/?#])([^\s"'<>]{1,512})@/g,
  /:\/\/([^\s/:@"'<>]{16,512})@/g,
  /[?&](?:key|auth|pw|code)=([^&\s"'<>]{8,})/gi,
  // Tokens with a form of their own.
  /\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_\w{20,}/g,
  /\bgl(?:pat|ptt|dt|rt|cbt|soat|agent|oas)-[\w-]{16,}/g,
  /\bxox[a-z]-[\w-]{10,}|\bxapp-[\w-]{10,}/g,
  /hooks\.slack\.com\/(?:services|workflows)\/([\w/-]{8,})/g,
  /discord(?:app)?\.com\/api\/webhooks\/([\w/-]{8,})/g,
  /\b(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}/g,
  /\bsk-[\w-]{20,}/g,
  /\bAIza[\w-]{35}/g,
  /\bya29\.[\w-]{20,}/g,
  /\b(?:npm|hf|dop_v1|doo_v1|dckr_pat|shpat|shpss)_[\w-]{20,}/g,
  /\bpypi-[\w-]{20,}/g,
  /\bSG\.[\w-]{16,}\.[\w-]{16,}/g,
  /\d{8,10}:AA[\w-]{30,}/g,
  /\bkey-[0-9a-f]{32}\b/g,
  /\bAGE-SECRET-KEY-1[0-9A-Z]{20,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g,
  // A private key in one string.
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----([\s\S]+?)(?=-----END|$)/g,
];
