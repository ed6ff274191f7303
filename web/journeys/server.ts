import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server in demo mode, with a folder and a port of its own. */
export interface Server {
  url: string;
  /** The one-time link for the first administrator. */
  setupLink: string;
  /** Stops the process as an operator would, and waits until it has ended. */
  stop: () => Promise<void>;
  /** Starts it again over the same data. */
  start: () => Promise<void>;
  /** Stops it and removes its folder. */
  remove: () => Promise<void>;
}

const READY_WITHIN = 30_000;

/** Starts the binary that `USHER_BIN` names, and waits for the link that it prints. */
export async function startServer(): Promise<Server> {
  const program = process.env.USHER_BIN;
  if (!program) throw new Error("USHER_BIN must name the built server, such as target/debug/usher");
  const data = mkdtempSync(join(tmpdir(), "usher-journey-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let running = launch();
  const setupLink = await linkOf(running);

  function launch(): ChildProcess {
    const flags = ["--data", data, "--listen", `127.0.0.1:${port}`, "--public-url", url, "--log", "warn"];
    // Stand-ins of providers are on this machine.
    flags.push("--allow-private", "127.0.0.0/8");
    return spawn(program as string, ["serve", "--demo", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  }

  async function stop() {
    const ended = new Promise((resolve) => running.once("exit", resolve));
    if (running.exitCode === null && running.signalCode === null) {
      running.kill("SIGTERM");
      await ended;
    }
  }

  return {
    url,
    setupLink,
    stop,
    start: async () => {
      running = launch();
      await ready(url);
    },
    remove: async () => {
      await stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** A loopback port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

function linkOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = "";
    const late = setTimeout(
      () => reject(new Error(`no link within ${READY_WITHIN} ms; printed: ${printed}`)),
      READY_WITHIN,
    );
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}; printed: ${printed}`)));
    server.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const found = printed.match(/https?:\S+\/setup\?token=\S+(?=\s)/);
      if (!found) return;
      clearTimeout(late);
      resolve(found[0]);
    });
  });
}

async function ready(url: string): Promise<void> {
  const until = Date.now() + READY_WITHIN;
  while (Date.now() < until) {
    const answered = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} was not ready within ${READY_WITHIN} ms`);
}
