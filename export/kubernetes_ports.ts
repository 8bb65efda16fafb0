/**
 * The ports of containers and Services.
 *
 * @module
 */

import type { YamlObject } from "./yaml_text.ts";
import type { Subject, SubjectReplica } from "./subject.ts";

/** A port of a Service. */
export interface ServicePort {
  /** The port of the Service. */
  readonly port: number;
  /** The ports that lead there in the plan, one for each replica or one. */
  readonly owned: ReadonlySet<number>;
  /** What the port of the containers is called, if they use different ones. */
  readonly name: string | undefined;
}

/** Returns the ports of the Service of an entry; none for a task. */
export function servicePorts({ task, replicas }: Subject): ServicePort[] {
  if (task) return [];
  const each = replicas.map(numbers);
  const longest = each.reduce((a, b) => b.length > a.length ? b : a);
  const same = each.every((ports) => String(ports) === String(longest));
  return longest.map((port, index) => ({
    port,
    owned: new Set(each.flatMap((ports) => ports[index] ?? [])),
    name: same ? undefined : `port-${index + 1}`,
  }));
}

/** Returns the key `ports` of a container. */
export function containerPorts(
  replica: SubjectReplica,
  ports: readonly ServicePort[],
): YamlObject[] {
  if (ports.length === 0) return [];
  return numbers(replica).map((containerPort, index) => ({
    name: ports[index]?.name,
    containerPort,
  }));
}

/** Returns the ports of a process, each once. */
function numbers({ unit }: SubjectReplica): number[] {
  return [...new Set(unit.ports.map(({ port }) => port))];
}
