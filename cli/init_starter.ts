/**
 * The configuration that `init` writes if there is nothing to make one from.
 *
 * @module
 */

/** A small configuration that works, with comments. */
export const STARTER =
  `# What \`processman up\` runs. Paths are relative to this folder.
processes:
  # Replace this with a program of yours.
  hello:
    shell: while sleep 1; do echo "hello, $NAME"; done
    env:
      NAME: \${USER:-you}

  # A server. The others wait until it answers.
  # web:
  #   command: [node, server.js]
  #   env: { PORT: "8000" }
  #   ready: { http: http://localhost:8000/ }

  # A program that does something once, before others start.
  # migrate:
  #   type: task
  #   command: [npm, run, migrate]

  # A program that waits for both, and is restarted after each end.
  # worker:
  #   command: [node, worker.js]
  #   dependsOn: { migrate: completed, web: ready }
  #   restart: { policy: always }
`;
