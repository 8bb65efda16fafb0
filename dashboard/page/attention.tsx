/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What needs attention: which processes are broken, and why.
 *
 * @module
 */

import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { useActions } from "./actions.ts";
import { DeedButton } from "./action_buttons.tsx";
import { fits } from "./deeds.ts";
import { useKnown } from "./hooks.ts";
import { linkTo } from "./route.ts";
import type { ProcessView } from "./source.ts";
import { MARKS } from "./state_words.ts";
import { calmText, type Trouble } from "./troubles.ts";

/** How many troubles are shown before somebody asks for all. */
const SHOWN = 6;

/** How many of the processes that wait for another are named. */
const HELD = 8;

/** Shows what needs attention; one quiet line if nothing does. */
export function Attention({ troubles, processes }: {
  troubles: readonly Trouble[];
  processes: readonly ProcessView[];
}) {
  const [all, setAll] = useState(false);
  const { length } = troubles;
  if (length === 0) return <AllWell processes={processes} />;
  // One that is left over is shown rather than counted.
  const most = all || length === SHOWN + 1 ? length : SHOWN;
  const byName = new Map(processes.map((each) => [each.name, each]));
  return (
    <section class="panel attention" aria-labelledby="attention-title">
      <h2 id="attention-title" class="panel-title">
        {length} {length === 1 ? "needs" : "need"} attention
      </h2>
      <ul class="attention-list">
        {troubles.slice(0, most).map((trouble) => (
          <Item
            key={trouble.name}
            trouble={trouble}
            process={byName.get(trouble.name)}
          />
        ))}
      </ul>
      {length > most && (
        <button
          type="button"
          class="button button-quiet attention-more"
          onClick={() => setAll(true)}
        >
          Show {length - most} more
        </button>
      )}
    </section>
  );
}

function AllWell({ processes }: { processes: readonly ProcessView[] }) {
  const lost = useKnown(({ connection }) => "since" in connection);
  if (lost) return null;
  const { settled, text } = calmText(processes);
  const tone = settled ? "good" : "busy";
  return (
    <p class={`attention-none tone-${tone}`}>
      <span class="badge-mark tone-text" aria-hidden="true">{MARKS[tone]}</span>
      {" "}
      {text}
    </p>
  );
}

function Item({ trouble, process }: {
  trouble: Trouble;
  process: ProcessView | undefined;
}) {
  const { name, what, reason, more, tone, holds } = trouble;
  const { allowed } = useActions();
  return (
    <li class={`attention-item tone-${tone}`}>
      <span class="attention-mark badge-mark tone-text" aria-hidden="true">
        {MARKS[tone]}
      </span>
      <div class="attention-text">
        <p>
          <a class="attention-name" href={linkTo("process", { name })}>
            {name}
          </a>{" "}
          <strong class="tone-text">{what}</strong>
          {more !== "" && <span class="soft">, {more}</span>}
        </p>
        {reason !== "" && <p class="mono attention-reason">{reason}</p>}
        {holds.length > 0 && (
          <Holds
            names={holds}
            blocked={what === "failed"}
          />
        )}
      </div>
      <div class="bar attention-tools">
        <a
          class="button button-small"
          href={linkTo("log", { query: { name } })}
          aria-label={`Log of ${name}`}
        >
          Log
        </a>
        {allowed && process && fits("restart", process) && (
          <DeedButton deed={{ action: "restart", names: [name] }} />
        )}
      </div>
    </li>
  );
}

/** Says which processes cannot go on because of another. */
function Holds({ names, blocked }: {
  names: readonly string[];
  blocked: boolean;
}) {
  const rest = names.length - HELD;
  // "and 1 other" is not shorter than the name.
  const shown = rest > 1 ? names.slice(0, HELD) : names;
  const one = names.length === 1;
  return (
    <p class="soft">
      {shown.map((name, index) => (
        <Fragment key={name}>
          {index > 0 &&
            (rest <= 1 && index === names.length - 1 ? " and " : ", ")}
          <a href={linkTo("process", { name })}>{name}</a>
        </Fragment>
      ))}
      {rest > 1 && ` and ${rest} others`} {blocked
        ? `${one ? "is" : "are"} blocked by it`
        : `${one ? "waits" : "wait"} for it`}
    </p>
  );
}
