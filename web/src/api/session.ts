import { client, data } from "./client";
import type { Me } from "./types";

export const setupNeeded = () => data(client.GET("/api/v1/setup")).then(({ needed }) => needed);

export const setUp = (body: {
  token: string;
  name: string;
  email: string;
  password: string;
  workspace: string;
}): Promise<Me> => data(client.POST("/api/v1/setup", { body }));

export const logIn = (body: { email: string; password: string }) =>
  data(client.POST("/api/v1/login", { body }));

export const logOut = () => data(client.POST("/api/v1/logout"));

export const me = (): Promise<Me> => data(client.GET("/api/v1/me"));

export const invitation = (token: string) =>
  data(client.GET("/api/v1/invitations/{token}", { params: { path: { token } } }));

export const acceptInvitation = (token: string, body: { name: string; password: string }): Promise<Me> =>
  data(client.POST("/api/v1/invitations/{token}", { params: { path: { token } }, body }));

export const passwordReset = (token: string) =>
  data(client.GET("/api/v1/password-resets/{token}", { params: { path: { token } } }));

export const resetPassword = (token: string, password: string): Promise<Me> =>
  data(client.POST("/api/v1/password-resets/{token}", { params: { path: { token } }, body: { password } }));

export const changeMe = (body: { name: string; password?: string; current_password?: string }): Promise<Me> =>
  data(client.PATCH("/api/v1/me", { body }));
