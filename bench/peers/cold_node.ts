/** One child by `node:child_process`. @module */

import { node } from "./peers.ts";

await node.run?.("/bin/true", []);
