/** One child by respawn. @module */

import { respawn } from "./peers.ts";

const contender = await respawn();
await contender.run?.("/bin/true", []);
