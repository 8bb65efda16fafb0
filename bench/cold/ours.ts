/** The same with this project. @module */

import { Processman } from "../../mod.ts";

await using pm = new Processman();
await pm.command("/bin/true").finished;
