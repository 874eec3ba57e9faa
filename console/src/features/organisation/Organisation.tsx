/** The tree of clusters, departments and projects: made, renamed and deleted where the person may. */
import { Button, Menu, TextInput } from "@mantine/core";
import { IconChevronRight, IconDots, IconPencil, IconPlus, IconSearch, IconTrash } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { api, dataOf, Problem } from "~/api/client";
import type { OrgUnitNode } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { LEVEL_WORD, ReachMark } from "~/components/marks";
import { Page } from "~/components/Page";
import { Empty, Failed, NoPermission } from "~/components/states";
import { toast } from "~/components/toasts";
import { useHeld, useMay } from "~/features/session/session";
import { count } from "~/lib/time";

import "./organisation.css";

const PAGE = 100;
const BELOW: Record<string, { one: string; many: string } | undefined> = {
  tenant: { one: "cluster", many: "clusters" },
  cluster: { one: "department", many: "departments" },
  department: { one: "project", many: "projects" },
};

type Wanted = { kind: "new" | "rename" | "delete"; node: OrgUnitNode };

export function Organisation() {
  const may = useMay();
  const held = useHeld();
  const [text, setText] = useState("");
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const search = text.trim();
  if (!(["tenant", "cluster", "department", "project"] as const).some((level) => may("read", level))) {
    return (
      <Page title="Organisation">
        <NoPermission what="the organisation" held={held} roles="Department administrator" />
      </Page>
    );
  }
  return (
    <Page title="Organisation">
      <div className="page-body">
        <TextInput
          className="org-search"
          role="searchbox"
          aria-label="Search"
          placeholder="Search clusters, departments and projects"
          leftSection={<IconSearch size={16} stroke={1.75} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {search ? <Found search={search} onWanted={setWanted} /> : <Level depth={0} parentId={undefined} onWanted={setWanted} />}
      </div>
      {wanted?.kind === "new" && <NewUnit parent={wanted.node} onClose={() => setWanted(null)} />}
      {wanted?.kind === "rename" && <Rename node={wanted.node} onClose={() => setWanted(null)} />}
      {wanted?.kind === "delete" && <Delete node={wanted.node} onClose={() => setWanted(null)} />}
    </Page>
  );
}

interface LevelProps {
  parentId: string | undefined;
  depth: number;
  onWanted: (wanted: Wanted) => void;
}

function Level({ parentId, depth, onWanted }: LevelProps) {
  const pages = useInfiniteQuery({
    queryKey: ["tree", parentId ? { parentId } : {}],
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET("/api/v1/org-unit/tree", {
          signal,
          params: { query: { ...(parentId ? { parentId } : {}), limit: PAGE, offset: pageParam } },
        }),
      ),
    getNextPageParam: (page) => page.next ?? undefined,
  });
  if (pages.error) return <Failed error={pages.error} title="The organisation could not be loaded" onRetry={() => void pages.refetch()} />;
  if (!pages.data) return <div className="org-waiting" />;
  const nodes = pages.data.pages.flatMap((page) => page.nodes);
  if (depth === 0 && nodes.length === 0) return <Empty title="You see no place" what="Places appear once you hold a role in them." />;
  return (
    <ul className="org-level" aria-label={depth === 0 ? "Organisation" : undefined}>
      {nodes.map((node) => (
        <Place key={node.scopeId} node={node} depth={depth} onWanted={onWanted} />
      ))}
      {pages.hasNextPage && (
        <li>
          <button type="button" className="link" onClick={() => void pages.fetchNextPage()}>
            Show more
          </button>
        </li>
      )}
    </ul>
  );
}

function Place({ node, depth, onWanted }: { node: OrgUnitNode; depth: number; onWanted: LevelProps["onWanted"] }) {
  const [open, setOpen] = useState(depth < 2);
  const below = BELOW[node.scopeType];
  const hasBelow = node.childCount > 0;
  return (
    <li>
      <div className="org-row" style={{ paddingLeft: depth * 24 }}>
        {hasBelow ? (
          <button
            type="button"
            className="icon-button small"
            aria-expanded={open}
            aria-label={`${open ? "Close" : "Open"} ${node.scopeName}`}
            onClick={() => setOpen(!open)}
          >
            <IconChevronRight size={16} stroke={1.75} className={open ? "turned" : undefined} />
          </button>
        ) : (
          <span className="org-leaf" />
        )}
        <ReachMark type={node.scopeType} />
        <b>{node.scopeName}</b>
        <span className="meta grow">
          {LEVEL_WORD[node.scopeType]}
          {below && hasBelow ? `, ${count(node.childCount, below.one, below.many)}` : ""}
        </span>
        <PlaceMenu node={node} onWanted={onWanted} />
      </div>
      {open && hasBelow && <Level parentId={node.scopeId} depth={depth + 1} onWanted={onWanted} />}
    </li>
  );
}

function PlaceMenu({ node, onWanted }: { node: OrgUnitNode; onWanted: LevelProps["onWanted"] }) {
  const navigate = useNavigate();
  const below = BELOW[node.scopeType];
  const permits = (action: "create" | "update" | "delete") => node.permittedActions?.includes(action);
  return (
    <Menu position="bottom-end" width={240} shadow="none">
      <Menu.Target>
        <button type="button" className="icon-button" aria-label={`Actions for ${node.scopeName}`}>
          <IconDots size={16} stroke={1.75} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void navigate({ to: "/service-accounts", search: { f: [`scope=^${node.scopeId}`] } })}>
          Service accounts with rules here
        </Menu.Item>
        {below && permits("create") && (
          <Menu.Item leftSection={<IconPlus size={16} stroke={1.75} />} onClick={() => onWanted({ kind: "new", node })}>
            New {below.one}
          </Menu.Item>
        )}
        {permits("update") && node.scopeType !== "tenant" && (
          <Menu.Item leftSection={<IconPencil size={16} stroke={1.75} />} onClick={() => onWanted({ kind: "rename", node })}>
            Rename
          </Menu.Item>
        )}
        {permits("delete") && node.scopeType !== "tenant" && (
          <Menu.Item className="danger" leftSection={<IconTrash size={16} stroke={1.75} />} onClick={() => onWanted({ kind: "delete", node })}>
            Delete
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function Found({ search, onWanted }: { search: string; onWanted: LevelProps["onWanted"] }) {
  const found = useQuery({
    queryKey: ["tree", { search }],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      dataOf(await api.GET("/api/v1/org-unit/tree", { signal, params: { query: { search, limit: PAGE } } })),
  });
  return (
    <ul className="org-level" aria-label="Found">
      {found.data?.nodes.map((node) => (
        <li key={node.scopeId} className="org-row">
          <ReachMark type={node.scopeType} />
          <b>{node.scopeName}</b>
          <span className="meta grow">{node.scopePath.split("/").slice(0, -1).join(" / ")}</span>
          <PlaceMenu node={node} onWanted={onWanted} />
        </li>
      ))}
      {found.data?.nodes.length === 0 && <li className="org-row ink3">No place is called that.</li>}
    </ul>
  );
}

function useRefreshTree() {
  const queries = useQueryClient();
  return () =>
    Promise.all([["tree"], ["scope"], ["service-accounts"], ["access-rules"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
}

/** The cluster that a place lies in: departments and projects are made with its id. */
async function clusterOf(parent: OrgUnitNode): Promise<string> {
  if (parent.scopeType === "cluster") return parent.scopeId;
  const department = dataOf(
    await api.GET("/api/v1/org-unit/departments/{departmentId}", { params: { path: { departmentId: parent.scopeId } } }),
  );
  return department.clusterId;
}

async function make(parent: OrgUnitNode, name: string): Promise<void> {
  if (parent.scopeType === "tenant") {
    await api.POST("/api/v1/clusters", { body: { name } });
    return;
  }
  const clusterId = await clusterOf(parent);
  if (parent.scopeType === "cluster") await api.POST("/api/v1/org-unit/departments", { body: { name, clusterId, resources: [] } });
  else await api.POST("/api/v1/org-unit/projects", { body: { name, clusterId, parentId: parent.scopeId, resources: [] } });
}

/** Replaces the name alone: the rest is given back as it was read. */
async function rename({ scopeType, scopeId }: OrgUnitNode, name: string): Promise<void> {
  if (scopeType === "cluster") {
    await api.PUT("/api/v1/clusters/{clusterUuid}", { params: { path: { clusterUuid: scopeId } }, body: { name } });
  } else if (scopeType === "department") {
    const params = { path: { departmentId: scopeId } };
    const { id: _id, ...kept } = dataOf(await api.GET("/api/v1/org-unit/departments/{departmentId}", { params }));
    await api.PUT("/api/v1/org-unit/departments/{departmentId}", { params, body: { ...kept, name } as never });
  } else {
    const params = { path: { projectId: scopeId } };
    const { id: _id, ...kept } = dataOf(await api.GET("/api/v1/org-unit/projects/{projectId}", { params }));
    await api.PUT("/api/v1/org-unit/projects/{projectId}", { params, body: { ...kept, name } as never });
  }
}

async function remove({ scopeType, scopeId }: OrgUnitNode, cascade: boolean): Promise<void> {
  const query = { cascade };
  if (scopeType === "cluster") await api.DELETE("/api/v1/clusters/{clusterUuid}", { params: { path: { clusterUuid: scopeId }, query } });
  else if (scopeType === "department") {
    await api.DELETE("/api/v1/org-unit/departments/{departmentId}", { params: { path: { departmentId: scopeId }, query } });
  } else await api.DELETE("/api/v1/org-unit/projects/{projectId}", { params: { path: { projectId: scopeId }, query } });
}

interface NameFormProps {
  title: string;
  begin: string;
  verb: string;
  work: (name: string) => Promise<void>;
  said: (name: string) => string;
  onClose: () => void;
}

function NameForm({ title, begin, verb, work, said, onClose }: NameFormProps) {
  const [name, setName] = useState(begin);
  const refresh = useRefreshTree();
  const save = useMutation({
    mutationFn: () => work(name.trim()),
    onSuccess: async () => {
      await refresh();
      toast({ text: said(name.trim()) });
      onClose();
    },
  });
  const problem = save.error instanceof Problem ? save.error : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={title} width="confirm" onClose={onClose}>
      <form onSubmit={submit}>
        <TextInput
          label="Name"
          data-autofocus
          required
          withAsterisk={false}
          value={name}
          error={problem?.about("name") ?? problem?.message}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div className="dialog-buttons">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending} disabled={!name.trim() || name.trim() === begin}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function NewUnit({ parent, onClose }: { parent: OrgUnitNode; onClose: () => void }) {
  const word = BELOW[parent.scopeType]?.one ?? "place";
  return (
    <NameForm
      title={`New ${word} in ${parent.scopeName}`}
      begin=""
      verb="Create"
      work={(name) => make(parent, name)}
      said={(name) => `${name} created`}
      onClose={onClose}
    />
  );
}

function Rename({ node, onClose }: { node: OrgUnitNode; onClose: () => void }) {
  return (
    <NameForm
      title={`Rename ${node.scopeName}`}
      begin={node.scopeName}
      verb="Rename"
      work={(name) => rename(node, name)}
      said={(name) => `${node.scopeName} is now ${name}`}
      onClose={onClose}
    />
  );
}

function Delete({ node, onClose }: { node: OrgUnitNode; onClose: () => void }) {
  const refresh = useRefreshTree();
  const [filled, setFilled] = useState<string | null>(null);
  const run = useMutation({
    mutationFn: (cascade: boolean) => remove(node, cascade),
    onSuccess: async () => {
      await refresh();
      toast({ text: `${node.scopeName} deleted` });
      onClose();
    },
    onError: (error) => {
      if (error instanceof Problem && error.status === 409) setFilled(error.message);
    },
  });
  const other = run.error && !(run.error instanceof Problem && run.error.status === 409) ? run.error.message : null;
  return (
    <Dialog title={`Delete ${node.scopeName}?`} width="confirm" onClose={onClose}>
      {filled ? (
        <>
          <p>{filled}</p>
          <p className="ink2">
            Deleting all of it takes everything below {node.scopeName} along: places, access rules, and the accounts that live there,
            with their secrets and tokens. This cannot be undone.
          </p>
        </>
      ) : (
        <p>This cannot be undone. An empty {node.scopeType} goes at once; one that is not says what lies in it.</p>
      )}
      {other && (
        <p role="alert" className="dialog-error">
          {other}
        </p>
      )}
      <div className="dialog-buttons">
        <Button variant="default" data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button color="red" loading={run.isPending} onClick={() => run.mutate(filled !== null)}>
          {filled ? "Delete all of it" : "Delete"}
        </Button>
      </div>
    </Dialog>
  );
}
