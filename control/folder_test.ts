import { assertEquals } from "@std/assert";
import { faultOf, sharedFaultOf } from "./folder.ts";

const sound = {
  isDirectory: true,
  isSymlink: false,
  mode: 0o40700,
  uid: 1000,
};

Deno.test("Folder of a user is his alone", () => {
  const fault = (facts: Partial<typeof sound>) =>
    faultOf({ ...sound, ...facts }, 1000);
  assertEquals(fault({}), undefined);
  assertEquals(fault({ mode: 0o42700 }), undefined);
  assertEquals(
    [
      fault({ isSymlink: true, isDirectory: false }),
      fault({ isDirectory: false }),
      fault({ uid: 1001 }),
      fault({ uid: 0 }),
      fault({ mode: 0o40755 }),
      fault({ mode: 0o40710 }),
      fault({ mode: 0o40701 }),
    ],
    [
      "is a link: remove it",
      "is not a folder: remove it",
      "belongs to the user 1001, but this program runs as the user 1000: remove it",
      "belongs to the user 0, but this program runs as the user 1000: remove it",
      "is open to other users (mode 0755): check what is in it, then forbid it to them with chmod 700",
      "is open to other users (mode 0710): check what is in it, then forbid it to them with chmod 700",
      "is open to other users (mode 0701): check what is in it, then forbid it to them with chmod 700",
    ],
  );
});

Deno.test("Folder that users share lets nobody rename what others have in it", () => {
  const fault = (facts: Partial<typeof sound>) =>
    sharedFaultOf({ ...sound, ...facts }, 1000);
  assertEquals(fault({}), undefined);
  assertEquals(fault({ mode: 0o40755, uid: 0 }), undefined);
  assertEquals(fault({ mode: 0o41777, uid: 0 }), undefined);
  assertEquals(
    [
      fault({ isDirectory: false }),
      fault({ uid: 1001 }),
      fault({ mode: 0o40777 }),
      fault({ mode: 0o40775, uid: 0 }),
    ],
    [
      "is not a folder",
      "belongs to the user 1001, but this program runs as the user 1000",
      "can be changed by other users (mode 0777)",
      "can be changed by other users (mode 0775)",
    ],
  );
});
