import { send } from "./http";
import type { Invitation, Me } from "./types";

export const setupNeeded = () =>
  send<{ needed: boolean }>("GET", "/setup").then((reply) => reply.data.needed);

export const setUp = (body: {
  token: string;
  name: string;
  email: string;
  password: string;
  workspace: string;
}) => send<Me>("POST", "/setup", { body }).then((reply) => reply.data);

export const logIn = (body: { email: string; password: string }) => send<unknown>("POST", "/login", { body });

export const logOut = () => send<unknown>("POST", "/logout");

export const me = () => send<Me>("GET", "/me").then((reply) => reply.data);

export const invitation = (token: string) =>
  send<Invitation>("GET", `/invitations/${encodeURIComponent(token)}`).then((reply) => reply.data);

export const acceptInvitation = (token: string, body: { name: string; password: string }) =>
  send<Me>("POST", `/invitations/${encodeURIComponent(token)}`, { body }).then((reply) => reply.data);

export const passwordReset = (token: string) =>
  send<{ email: string }>("GET", `/password-resets/${encodeURIComponent(token)}`).then((reply) => reply.data);

export const resetPassword = (token: string, password: string) =>
  send<Me>("POST", `/password-resets/${encodeURIComponent(token)}`, { body: { password } }).then(
    (reply) => reply.data,
  );
