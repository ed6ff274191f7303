/** The icons of node types by the catalogue's names, in the shape of their family. */
import {
  type Icon,
  IconAlertTriangle,
  IconApi,
  IconArrowsSplit,
  IconBolt,
  IconBrandWhatsapp,
  IconCalculator,
  IconCalendar,
  IconCash,
  IconClock,
  IconCornerDownLeft,
  IconExternalLink,
  IconFlag,
  IconForms,
  IconHeadset,
  IconHelpCircle,
  IconId,
  IconKey,
  IconLink,
  IconList,
  IconListCheck,
  IconListDetails,
  IconMail,
  IconMapPin,
  IconMessage,
  IconMessage2,
  IconPhoto,
  IconPlug,
  IconPuzzle,
  IconRegex,
  IconRepeat,
  IconRoute,
  IconShoppingCart,
  IconSparkles,
  IconTable,
  IconTicket,
  IconUser,
  IconVariable,
} from "@tabler/icons-react";
import type { Family } from "../model/catalogue";
import styles from "./icons.module.css";

const icons: { [name: string]: Icon } = {
  api: IconApi,
  bolt: IconBolt,
  calculate: IconCalculator,
  calculator: IconCalculator,
  calendar: IconCalendar,
  call: IconRoute,
  cash: IconCash,
  choice: IconListCheck,
  clock: IconClock,
  contact: IconId,
  end: IconFlag,
  flag: IconFlag,
  form: IconForms,
  headset: IconHeadset,
  input: IconForms,
  key: IconKey,
  link: IconLink,
  "external-link": IconExternalLink,
  list: IconList,
  "list-check": IconListCheck,
  "list-details": IconListDetails,
  mail: IconMail,
  "map-pin": IconMapPin,
  menu: IconListDetails,
  message: IconMessage,
  photo: IconPhoto,
  plug: IconPlug,
  puzzle: IconPuzzle,
  question: IconHelpCircle,
  regex: IconRegex,
  repeat: IconRepeat,
  return: IconCornerDownLeft,
  route: IconRoute,
  cart: IconShoppingCart,
  sparkles: IconSparkles,
  split: IconArrowsSplit,
  switch: IconArrowsSplit,
  table: IconTable,
  text: IconMessage2,
  ticket: IconTicket,
  user: IconUser,
  variable: IconVariable,
  whatsapp: IconBrandWhatsapp,
  workflow: IconRoute,
  text_display: IconMessage2,
  request_input: IconHelpCircle,
  multiple_choice_input: IconListCheck,
  api_integration: IconApi,
  set_variable: IconVariable,
  switch_case: IconArrowsSplit,
  call_workflow: IconRoute,
  end_session: IconFlag,
};

const byFamily: { [family in Family]: Icon } = {
  user_facing: IconMessage2,
  action: IconBolt,
  integration: IconPuzzle,
};

type Props = { icon: string | undefined; family: Family | undefined; size?: number };

export function TypeIcon({ icon, family, size = 20 }: Props) {
  const Shape = (icon && icons[icon]) || (family ? byFamily[family] : IconAlertTriangle);
  return (
    <span
      className={styles.tile}
      data-family={family ?? "unknown"}
      style={{ width: size, height: size }}
      aria-hidden
    >
      <Shape size={Math.round(size * 0.68)} stroke={1.9} />
    </span>
  );
}
