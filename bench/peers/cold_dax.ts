/** One child by dax. @module */

import { dax } from "./peers.ts";

const contender = await dax();
await contender.run?.("/bin/true", []);
