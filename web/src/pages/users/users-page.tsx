import { Button, Menu, Select } from "@mantine/core";
import { IconTrash, IconUserPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { changeMember, removeMember } from "../../api/configuration";
import { membersQuery } from "../../api/queries";
import type { Member, Role } from "../../api/types";
import { usePlace } from "../../app/place";
import { Chip } from "../../components/chip";
import { Confirm } from "../../components/confirm";
import { Failure } from "../../components/failure";
import { Page } from "../../components/page";
import { RowMenu } from "../../components/row-menu";
import { Named, Table, TableSkeleton } from "../../components/table";
import { failed, said } from "../../components/toast";
import { useRoleChoices } from "../role-choices";
import { InviteDialog } from "./invite-dialog";

export function UsersPage() {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const members = useQuery(membersQuery(workspace.key));
  const [inviting, setInviting] = useState(false);
  const [removing, setRemoving] = useState<Member | null>(null);
  const columns = [t("users.who"), t("users.role"), t("users.state"), ""];
  return (
    <Page
      title={t("sections.users")}
      about={t("users.about")}
      actions={
        <Button leftSection={<IconUserPlus size={16} />} onClick={() => setInviting(true)}>
          {t("users.invite")}
        </Button>
      }
    >
      {members.isPending && <TableSkeleton columns={columns} />}
      {members.isError && (
        <Failure what={t("users.failed")} error={members.error} onRetry={() => members.refetch()} />
      )}
      {members.data && (
        <Table columns={columns} label={t("sections.users")}>
          {members.data.items.map((member) => (
            <MemberRow key={member.id} member={member} onRemove={() => setRemoving(member)} />
          ))}
        </Table>
      )}
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
      {removing && <RemoveMember member={removing} onClose={() => setRemoving(null)} />}
    </Page>
  );
}

function MemberRow({ member, onRemove }: { member: Member; onRemove: () => void }) {
  const { t } = useTranslation();
  const { me, workspace } = usePlace();
  const queries = useQueryClient();
  const roles = useRoleChoices();
  const own = member.id === me.user.id;
  const name = member.name || member.email;
  const change = useMutation({
    mutationFn: (role: Role) => changeMember(workspace.key, member.id, { role }),
    onError: (error) => failed(t("users.change_failed", { name }), error),
    onSettled: () => queries.invalidateQueries({ queryKey: membersQuery(workspace.key).queryKey }),
  });
  return (
    <tr>
      <td>
        <Named name={own ? t("users.you", { name }) : name} below={member.name ? member.email : undefined} />
      </td>
      <td>
        {own || member.state === "invited" ? (
          t(`roles.${member.role}.name`)
        ) : (
          <Select
            aria-label={t("users.role_of", { name })}
            w={150}
            size="xs"
            data={roles}
            value={change.isPending ? change.variables : member.role}
            allowDeselect={false}
            onChange={(role) => role && change.mutate(role as Role)}
          />
        )}
      </td>
      <td>
        <Chip tone={member.state === "active" ? "good" : "neutral"}>{t(`users.states.${member.state}`)}</Chip>
      </td>
      <td>
        {!own && (
          <RowMenu label={t("users.menu", { name })}>
            <Menu.Item color="var(--u-no)" leftSection={<IconTrash size={16} />} onClick={onRemove}>
              {t("users.remove")}
            </Menu.Item>
          </RowMenu>
        )}
      </td>
    </tr>
  );
}

function RemoveMember({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const queries = useQueryClient();
  const name = member.name || member.email;
  const remove = useMutation({
    mutationFn: () => removeMember(workspace.key, member.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: membersQuery(workspace.key).queryKey });
      said(t("users.removed", { name }));
      onClose();
    },
  });
  return (
    <Confirm
      opened
      title={t("users.remove_title", { name })}
      action={t("users.remove")}
      pending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {t("users.remove_what", { workspace: workspace.name })}
    </Confirm>
  );
}
