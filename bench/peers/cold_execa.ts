/** One child by execa. @module */

import { execa } from "./peers.ts";

const contender = await execa();
await contender.run?.("/bin/true", []);
