import { Anchor, type AnchorProps, Button, type ButtonProps } from "@mantine/core";
import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { ReactNode, Ref } from "react";

type Rest = { children?: ReactNode; ref?: Ref<HTMLAnchorElement>; className?: string };

const TextAnchor = ({ ref, ...props }: AnchorProps & Rest) => <Anchor ref={ref} {...props} />;
const ButtonAnchor = ({ ref, ...props }: ButtonProps & Rest) => <Button component="a" ref={ref} {...props} />;

/** A link in running text to another page of the editor. */
export const TextLink: LinkComponent<typeof TextAnchor> = createLink(TextAnchor);

/** A link that looks like a button. */
export const ButtonLink: LinkComponent<typeof ButtonAnchor> = createLink(ButtonAnchor);
