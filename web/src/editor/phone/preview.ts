/** A preview under way: what was said, which way it took, and how to start over with the same answers. */
import { createStore } from "zustand/vanilla";
import type { TranscriptMessage, Visit } from "../../api/types";
import type { Answer, EditorApi, Person } from "../api";

export type PreviewChannel = "whatsapp" | "web_chat" | "sms";

export type PreviewState = {
  id: string | null;
  channel: PreviewChannel;
  contact: Person;
  /** Why it ended, where there is more to say. */
  ending: string | null;
  messages: readonly TranscriptMessage[];
  visits: readonly Visit[];
  variables: Readonly<Record<string, unknown>>;
  waitingAt: number | null;
  state: "idle" | "starting" | "running" | "ended" | "failed";
  /** What was answered so far, to be said again after an edit. */
  answers: readonly Answer[];
  replaying: boolean;
  /** The workflow changed after this conversation began. */
  stale: boolean;
  reason: string | null;
};

const EMPTY = {
  id: null,
  messages: [],
  visits: [],
  variables: {},
  waitingAt: null,
  answers: [],
  replaying: false,
  stale: false,
  reason: null,
  ending: null,
} satisfies Partial<PreviewState>;

/** How long a replay waits for the workflow to answer before it says the next thing. */
const PATIENCE = 15_000;

export type PreviewSession = ReturnType<typeof createPreview>;

export function createPreview(
  api: Pick<EditorApi, "startPreview" | "preview" | "say" | "endPreview" | "follow">,
  /** Brings the server up to date before a conversation begins on the draft. */
  flush: () => Promise<boolean>,
) {
  const store = createStore<PreviewState>()(() => ({
    ...EMPTY,
    channel: "whatsapp",
    contact: { name: "Ann" },
    state: "idle",
  }));
  let unfollow = () => {};
  /** Rises with every start, so that what an older one still tells is not listened to. */
  let turn = 0;

  async function start(from?: number): Promise<void> {
    turn += 1;
    const mine = turn;
    close();
    store.setState({ ...EMPTY, state: "starting" });
    try {
      await flush();
      const { channel, contact } = store.getState();
      const id = await api.startPreview({ channel, contact, ...(from === undefined ? {} : { node: from }) });
      if (mine !== turn) return void api.endPreview(id).catch(() => {});
      store.setState({ id, state: "running" });
      unfollow = api.follow(id, {
        onMessage: () => void refresh(mine),
        onVisit: () => void refresh(mine),
        onVariables: () => void refresh(mine),
        onEnded: () => void refresh(mine),
        onBroken: () => void refresh(mine),
      });
      await refresh(mine);
    } catch (error) {
      if (mine === turn) store.setState({ state: "failed", reason: wordsOf(error) });
    }
  }

  let reading: Promise<void> | null = null;
  let again = false;

  /** Events say that something happened; the state is read whole, so that order and gaps cannot hurt. */
  function refresh(mine: number): Promise<void> {
    if (reading) {
      again = true;
      return reading;
    }
    reading = read(mine).finally(() => {
      reading = null;
      if (again) {
        again = false;
        void refresh(turn);
      }
    });
    return reading;
  }

  async function read(mine: number): Promise<void> {
    const { id } = store.getState();
    if (!id) return;
    try {
      const now = await api.preview(id);
      if (mine !== turn) return;
      store.setState({
        messages: now.messages,
        visits: now.visits,
        variables: now.variables,
        waitingAt: now.state === "ended" ? null : now.waiting_at,
        state: now.state === "ended" ? "ended" : "running",
        ending: now.detail ?? null,
      });
    } catch (error) {
      if (mine === turn) store.setState({ reason: wordsOf(error) });
    }
  }

  async function say(answer: Answer): Promise<void> {
    const { id, state, answers } = store.getState();
    if (!id || state !== "running") return;
    const mine = turn;
    store.setState({ answers: [...answers, answer], reason: null });
    try {
      // The conversation goes on with the draft as it is kept: what was just typed has to be there.
      await flush();
      await api.say(id, answer);
      await refresh(mine);
    } catch (error) {
      if (mine === turn) store.setState({ answers, reason: wordsOf(error) });
    }
  }

  /** Starts over and says the same again; a tap finds the choice of the same words, else of the same place. */
  async function replay(answers = store.getState().answers): Promise<void> {
    await start();
    const mine = turn;
    store.setState({ replaying: true });
    for (const answer of answers) {
      if (!(await settled(mine))) break;
      await say(retold(answer, store.getState().messages));
    }
    if (mine === turn) store.setState({ replaying: false });
  }

  /** Waits until the conversation waits for the customer; false when it does not come to that. */
  async function settled(mine: number): Promise<boolean> {
    const until = Date.now() + PATIENCE;
    while (mine === turn && Date.now() < until) {
      const { state, waitingAt } = store.getState();
      if (state === "ended" || state === "failed") return false;
      if (waitingAt !== null) return true;
      await new Promise((resolve) => setTimeout(resolve, 120));
      await refresh(mine);
    }
    return false;
  }

  function close() {
    unfollow();
    unfollow = () => {};
    const { id } = store.getState();
    if (id) void api.endPreview(id).catch(() => {});
  }

  return {
    store,
    start,
    say,
    replay,
    /** Takes the last answer back, by saying all but it again. */
    back: () => replay(store.getState().answers.slice(0, -1)),
    setChannel: (channel: PreviewChannel) => {
      store.setState({ channel });
      return start();
    },
    setContact: (contact: Person) => {
      store.setState({ contact });
      return start();
    },
    /** Notes that the draft has changed since. */
    outdate: () => {
      const { state, stale } = store.getState();
      if (!stale && (state === "running" || state === "ended")) store.setState({ stale: true });
    },
    stop: () => {
      turn += 1;
      close();
      store.setState({ ...EMPTY, state: "idle" });
    },
  };
}

type Choice = { id: string; title: string };

/** What may be tapped in a message, in its order. */
export function choicesOf(message: TranscriptMessage["message"]): Choice[] {
  if (message.kind === "buttons") return message.buttons;
  if (message.kind === "list") return message.sections.flatMap((section) => section.rows);
  return [];
}

/** An answer as it has to be given in another conversation, where taps have ids of their own. */
export function retold(answer: Answer, messages: readonly TranscriptMessage[]): Answer {
  if (!("tap" in answer)) return answer;
  const last = messages.findLast((each) => each.direction === "out" && choicesOf(each.message).length > 0);
  const choices = last ? choicesOf(last.message) : [];
  const same = choices.find((choice) => choice.title === answer.tap.title);
  return same ? { tap: { id: same.id, title: same.title } } : { text: answer.tap.title };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
