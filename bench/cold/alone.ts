/** The same with this project, without isolation. @module */

import { Processman } from "../../mod.ts";

await using pm = new Processman({ defaults: { group: false } });
await pm.command("/bin/true").finished;
