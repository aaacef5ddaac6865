// A server under test, in a folder and at a port that stay the same when it starts anew.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const READY_WITHIN = 30_000;

/** Says who calls. */
const WHO = `tool:
  name: who
  description: Who calls.
  source:
    code: "SELECT get_username() AS who, get_user_email() AS email, get_user_external_token() IS NOT NULL AS token"
`;

/** A port that nobody listens on. */
export async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Where a server listens on a port. */
export function origin(port, encryption) {
  return `http${encryption ? "s" : ""}://localhost:${port}`;
}

export class Mxcp {
  /** A file with the authorities that servers trust, if they are others than those of the public web. */
  static authorities;

  #program;
  #folder;
  #process;

  #encryption;

  constructor(program, port, folder, encryption) {
    this.#program = program;
    this.#folder = folder;
    this.#encryption = encryption;
    this.port = port;
    this.base = origin(port, encryption);
    this.url = `${this.base}/mcp`;
  }

  /** Starts a server with these settings of `auth`; `encryption` is that of its connections, if they have any. */
  static async start(program, port, auth, encryption) {
    const folder = await mkdtemp(join(tmpdir(), "mxcp-logins-"));
    const server = new Mxcp(program, port, folder, encryption);
    const persistence = { path: join(folder, "logins.db") };
    const projects = { logins: { profiles: { default: { auth: { persistence, ...auth } } } } };
    const http = { port, ...(encryption && { tls: { cert: encryption.certificate, key: encryption.key } }) };
    const user = { mxcp: 1, transport: { http }, projects };
    await server.#write("mxcp-site.yml", "mxcp: 1\nproject: logins\nprofile: default\n");
    await server.#write("tools/who.yml", WHO);
    await server.#write("config.yml", JSON.stringify(user));
    await server.#launch();
    return server;
  }

  /** The process is killed, as a machine that fails would do it, and another one begins. */
  async restart() {
    await this.#kill();
    await this.#launch();
  }

  async stop() {
    await this.#kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** What it wrote. */
  log() {
    return readFile(join(this.#folder, "log.txt"), "utf8");
  }

  async #launch() {
    const log = openSync(join(this.#folder, "log.txt"), "a");
    const own = ["MXCP_PROFILE", "MXCP_DUCKDB_PATH", "MXCP_READONLY", "MXCP_STATE_KEY", "MXCP_EDGE_KEY", "MXCP_DEBUG"];
    const environment = Object.entries(process.env).filter(([name]) => !own.includes(name));
    this.#process = spawn(
      this.#program,
      ["serve", "--transport", "streamable-http", "--port", String(this.port)],
      {
        cwd: this.#folder,
        env: {
          ...Object.fromEntries(environment),
          HOME: this.#folder,
          MXCP_CONFIG: join(this.#folder, "config.yml"),
          ...(Mxcp.authorities && { SSL_CERT_FILE: Mxcp.authorities }),
        },
        stdio: ["ignore", log, log],
      },
    );
    closeSync(log);
    const end = Date.now() + READY_WITHIN;
    while (!(await listens(this.port))) {
      if (this.#process.exitCode !== null || Date.now() > end) {
        throw new Error(`the server does not listen; it wrote:\n${await this.log()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #kill() {
    if (this.#process.exitCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
  }

  async #write(path, text) {
    const file = join(this.#folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "localhost");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
