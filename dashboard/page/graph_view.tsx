/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The view: what depends on what, and what is awaited now.
 *
 * @module
 */

import "./graph_view.css";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { focusNode, GraphCanvas } from "./graph_canvas.tsx";
import { type Layout, layoutOf } from "./graph_layout.ts";
import { GraphList } from "./graph_list.tsx";
import {
  around,
  type Graph,
  graphOf,
  inOrder,
  pathOf,
  shapeOf,
} from "./graph_model.ts";
import { NodeButton } from "./graph_node.tsx";
import { GraphPanel } from "./graph_panel.tsx";
import { useKnown } from "./hooks.ts";
import type { Route } from "./route.ts";
import type { ProcessView } from "./source.ts";
import { useSize } from "./size_hook.ts";
import { useTroubles } from "./use_troubles.ts";

/** Narrower than this, the graph goes from top to bottom, in pixels. */
const NARROW = 600;

/** From how many entries on a part of the graph is offered. */
const MANY = 40;

/** The smallest zoom at which names can be read. */
const READABLE = 0.65;

/** Shows the graph. */
export function GraphView({ route }: { route: Route }) {
  const processes = useKnown(({ processes }) => processes);
  const connection = useKnown(({ connection }) => connection);
  if (processes.length === 0) {
    return <Nothing loading={connection.kind === "loading"} />;
  }
  return <View processes={processes} query={route.query} />;
}

function View({ processes, query }: {
  processes: readonly ProcessView[];
  query: URLSearchParams;
}) {
  const whole = useMemo(() => graphOf(processes), [processes]);
  const [part, setPart] = useState(false);
  const [list, setList] = useState(query.get("as") === "list");
  const asked = query.get("entry");
  const [chosen, setChosen] = useState(asked);
  useEffect(() => setChosen(asked), [asked]);
  const view = useRef<HTMLElement>(null);
  const { width } = useSize(view);

  const troubled = useTroubled(processes);
  const many = whole.nodes.size > MANY;
  const graph = part && many ? around(whole, troubled) : whole;
  const node = chosen === null ? undefined : whole.nodes.get(chosen);
  const close = () => {
    if (chosen !== null) focusNode(view.current, chosen);
    setChosen(null);
  };
  const chips = (
    <Chips
      {...{ list, part }}
      troubled={many ? troubled.size : null}
      onList={setList}
      onPart={setPart}
    />
  );
  const shared = { chosen, onChoose: setChosen };
  return (
    <section class="graph" aria-labelledby="graph-title" ref={view}>
      <h2 id="graph-title" class="unseen">What depends on what</h2>
      <div class="graph-body" data-panel={node !== undefined}>
        {list
          ? (
            <div class="graph-main">
              <div class="bar">{chips}</div>
              <GraphList graph={graph} onChoose={setChosen} />
            </div>
          )
          : <Drawing {...{ graph, width }} {...shared}>{chips}</Drawing>}
        {node !== undefined && (
          <GraphPanel
            graph={whole}
            node={node}
            onChoose={setChosen}
            onClose={close}
          />
        )}
      </div>
    </section>
  );
}

/** Shows what has edges as a drawing, and the rest in a grid below. */
function Drawing({ graph, width, chosen, onChoose, children }: {
  graph: Graph;
  width: number;
  chosen: string | null;
  onChoose: (entry: string) => void;
  children: ComponentChildren;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const across = width >= NARROW;
  const shape = shapeOf(graph);
  // The layout depends on the shape alone: it stays when a state changes.
  const layout = useMemo(() => layoutOf(graph, across), [shape, across]);
  const [scale, setScale] = useState<number | null>(null);
  const zoom = scale ?? Math.max(fitOf(layout, width), READABLE);
  const fit = () => setScale(fitOf(layout, scroller.current?.clientWidth ?? 0));
  const [pointed, setPointed] = useState<string | null>(null);
  const about = pointed ?? chosen;
  const path = useMemo(
    () =>
      about !== null && graph.nodes.has(about) ? pathOf(graph, about) : null,
    [shape, about],
  );
  const shared = { chosen, onChoose, onPoint: setPointed };
  const linked = graph.edges.length > 0;
  return (
    <div class="graph-main">
      <div class="bar">
        {children}
        {linked && <Zoom zoom={zoom} onZoom={setScale} onFit={fit} />}
        {linked && <Legend />}
      </div>
      {linked && width > 0 && (
        <GraphCanvas
          {...{ graph, layout, across, zoom, path, scroller, ...shared }}
        />
      )}
      {graph.nodes.size === 0
        ? <p class="graph-note">Nothing is in trouble.</p>
        : !linked && <NoEdges />}
      <Singles graph={graph} titled={linked} {...shared} />
    </div>
  );
}

/** Shows the entries without edges, in a grid. */
function Singles({ graph, titled, chosen, onChoose, onPoint }: {
  graph: Graph;
  titled: boolean;
  chosen: string | null;
  onChoose: (entry: string) => void;
  onPoint: (entry: string | null) => void;
}) {
  const { single } = inOrder(graph);
  if (single.length === 0) return null;
  return (
    <div>
      {titled && <h3 class="graph-single-title">Without dependencies</h3>}
      <div class="graph-single">
        {single.map((entry) => {
          const node = graph.nodes.get(entry);
          return node && (
            <NodeButton
              key={entry}
              node={node}
              waits={null}
              place={null}
              lit={false}
              chosen={chosen === entry}
              onChoose={onChoose}
              onPoint={onPoint}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Lets the user choose what is shown of the graph. */
function Chips({ list, part, troubled, onList, onPart }: {
  list: boolean;
  part: boolean;
  /** How many are in trouble; `null` if all are shown anyway. */
  troubled: number | null;
  onList: (list: boolean) => void;
  onPart: (part: boolean) => void;
}) {
  return (
    <>
      <Chip on={list} onChange={onList}>As a list</Chip>
      {troubled !== null && (
        <Chip on={part} onChange={onPart}>
          {`Only what is in trouble, and its neighbors (${troubled})`}
        </Chip>
      )}
    </>
  );
}

function Chip({ on, onChange, children }: {
  on: boolean;
  onChange: (on: boolean) => void;
  children: string;
}) {
  return (
    <button
      type="button"
      class="chip"
      aria-pressed={on}
      onClick={() => onChange(!on)}
    >
      {children}
    </button>
  );
}

function Zoom({ zoom, onZoom, onFit }: {
  zoom: number;
  onZoom: (zoom: number) => void;
  onFit: () => void;
}) {
  const button = (label: string, title: string, factor: number) => (
    <button
      type="button"
      class="button button-small"
      aria-label={title}
      title={title}
      onClick={() => onZoom(Math.min(2, Math.max(0.2, zoom * factor)))}
    >
      {label}
    </button>
  );
  return (
    <div class="bar" role="group" aria-label="Zoom">
      {button("−", "Zoom out", 0.8)}
      <span class="number small soft">{Math.round(zoom * 100)} %</span>
      {button("+", "Zoom in", 1.25)}
      <button type="button" class="button button-small" onClick={onFit}>
        Fit width
      </button>
    </div>
  );
}

function Legend() {
  return (
    <p class="graph-legend small soft">
      <span class="graph-legend-line">needs</span>
      <span class="graph-legend-line" data-kind="awaited">awaited now</span>
      <span class="graph-legend-line" data-kind="optional">optional</span>
      <span>↻ restarts too</span>
    </p>
  );
}

function NoEdges() {
  const plan = useKnown(({ supervisor }) => supervisor?.plan ?? true);
  return (
    <p class="graph-note">
      {plan
        ? "No entry depends on another: each starts by itself. The option "
        : "This supervisor has no plan, so its processes do not depend on each other. In a plan, the option "}
      <code>dependsOn</code> of an entry says what it needs.
    </p>
  );
}

function Nothing({ loading }: { loading: boolean }) {
  if (loading) return <p class="empty soft">Loading …</p>;
  return (
    <section class="empty">
      <h2>No processes</h2>
      <p class="soft">
        The graph shows what depends on what as soon as there is a process.
      </p>
    </section>
  );
}

/** Returns the entries of which a process needs attention. */
function useTroubled(processes: readonly ProcessView[]): ReadonlySet<string> {
  const troubles = useTroubles();
  return useMemo(() => {
    const names = new Set(troubles.map(({ name }) => name));
    const own = processes.filter(({ name }) => names.has(name));
    return new Set(own.map(({ entry }) => entry));
  }, [troubles, processes]);
}

function fitOf({ width }: Layout, room: number): number {
  return width === 0 ? 1 : Math.min(1, (room - 2) / width);
}
