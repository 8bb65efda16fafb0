/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What a process is run with: its command, its environment and its options.
 *
 * @module
 */

import { commandLine, shellWord } from "./command_line.ts";
import { optionGroups } from "./process_options.ts";
import { CopyButton, Fact, Panel } from "./process_panel.tsx";
import type { ProcessDetails, ProcessView } from "./source.ts";

/** Shows the command, and what it is run with. */
export function ProcessCommand(
  { process: { command }, details }: {
    process: ProcessView;
    details: ProcessDetails | undefined;
  },
) {
  const line = commandLine({
    command,
    cwd: details?.cwd,
    environment: details?.environment,
    clearEnv: details?.options.clearEnv === true,
  });
  return (
    <Panel
      title="Command"
      aside={<CopyButton text={line} what=" the command line" />}
    >
      <pre
        class="process-command"
        tabIndex={0}
        role="region"
        aria-label="Command line"
      >
        {line}
      </pre>
      {details !== undefined && (
        <dl class="process-facts">
          <Fact name="Directory">
            {details.cwd === null
              ? <span class="soft">that of the supervisor</span>
              : <code>{shellWord(details.cwd)}</code>}
          </Fact>
          <Fact name="User">
            {details.user === null
              ? <span class="soft">that of the supervisor</span>
              : <code>{details.user}</code>}
          </Fact>
          <Fact name="Environment">
            <Environment names={details.environment} />
          </Fact>
        </dl>
      )}
    </Panel>
  );
}

function Environment({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <span class="soft">sets no variable</span>;
  return (
    <>
      {names.map((name) => <code key={name} class="process-label">{name}
      </code>)}
      <span class="soft small process-note">
        Only the names: processman shows no value.
      </span>
    </>
  );
}

/** Shows the options with their defaults filled in. */
export function ProcessOptions({ details }: { details: ProcessDetails }) {
  return (
    <Panel title="Options">
      <div class="process-options">
        {optionGroups(details.options).map(({ title, items }) => (
          <section key={title}>
            <h4>{title}</h4>
            <dl>
              {items.map(({ name, value, exact }) => (
                <div key={name} title={exact}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Panel>
  );
}
