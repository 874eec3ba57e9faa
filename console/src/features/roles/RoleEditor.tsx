/** A custom role: made of permission sets, each of which belongs together. */
import { Checkbox, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, dataOf, Problem } from "~/api/client";
import type { Role } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { FormButtons } from "~/components/DialogButtons";
import { ErrorLine } from "~/components/ErrorLine";
import { toast } from "~/components/toasts";

import "./matrix.css";

interface RoleEditorProps {
  /** None: a new one. */
  role: Role | null;
  onClose: () => void;
  onSaved: () => Promise<unknown>;
}

export function RoleEditor({ role, onClose, onSaved }: RoleEditorProps) {
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [chosen, setChosen] = useState<readonly string[]>(role?.permissionSets.map((set) => set.id) ?? []);
  const sets = useQuery({
    queryKey: ["permission-sets"],
    staleTime: Infinity,
    queryFn: async () => dataOf(await api.GET("/api/v1/authorization/permission-sets", {})).permissionSets,
  });
  const save = useMutation({
    mutationFn: async () => {
      const body = {
        name: name.trim(),
        description: description.trim(),
        permissionSets: chosen.map((id) => ({ id })),
        ...(role ? { enabled: role.enabled, permissions: permissionsBeside(role, sets.data ?? []) } : {}),
      };
      if (role) {
        await api.PUT("/api/v2/authorization/roles/{roleId}", { params: { path: { roleId: role.id } }, body });
      } else await api.POST("/api/v2/authorization/roles", { body });
    },
    onSuccess: async () => {
      toast({ text: `${name.trim()} saved` });
      await onSaved();
      onClose();
    },
  });
  const problem = save.error instanceof Problem ? save.error : null;
  const aboutName = problem?.status === 409 ? "This name is taken." : problem?.about("name");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog
      title={role ? `Edit ${role.name}` : "New role"}
      lead={role ? "What changes holds at once for everyone who has the role." : "You can give it only what you hold yourself."}
      width="secret"
      onClose={onClose}
    >
      <form className="stack" onSubmit={submit}>
        <TextInput
          label="Name"
          data-autofocus
          required
          withAsterisk={false}
          value={name}
          error={aboutName}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label="Description"
          required
          withAsterisk={false}
          autosize
          minRows={2}
          value={description}
          error={problem?.about("description")}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <fieldset className="plain-fieldset">
          <legend>Permission sets</legend>
          <ul className="sets">
            {sets.data?.map((set) => (
              <li key={set.id} className="set">
                <Checkbox
                  label={set.name}
                  description={set.description}
                  checked={chosen.includes(set.id)}
                  onChange={(event) =>
                    setChosen(event.currentTarget.checked ? [...chosen, set.id] : chosen.filter((id) => id !== set.id))
                  }
                />
              </li>
            ))}
          </ul>
        </fieldset>
        {!aboutName && !problem?.about("description") && <ErrorLine error={save.error} />}
        <FormButtons verb={role ? "Save" : "Create"} busy={save.isPending} disabled={!name.trim() || !description.trim()} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

type Sets = readonly { id: string; permissions: readonly { resourceType: string; actions: readonly string[] }[] }[];

/** Permissions that the role has of its own, beside its sets: a role made by an older client keeps them. */
function permissionsBeside(role: Role, sets: Sets) {
  const ofSets = sets.filter((set) => role.permissionSets.some(({ id }) => id === set.id));
  const covered = (resourceType: string, action: string) =>
    ofSets.some((set) => set.permissions.some((one) => one.resourceType === resourceType && one.actions.includes(action)));
  return role.permissions
    .map(({ resourceType, actions }) => ({ resourceType, actions: actions.filter((action) => !covered(resourceType, action)) }))
    .filter(({ actions }) => actions.length > 0);
}
