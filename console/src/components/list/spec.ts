/** What a list is: declared once by its page, and the rest follows: table, chips, columns, address, keys, file. */
import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

import type { FilterField } from "~/lib/filters";

/** What is asked of the server: exactly one request for a view. */
export interface ListRequest {
  filterBy?: string[];
  search?: string;
  sortBy: string;
  sortOrder: "asc" | "desc";
  limit: number;
  offset: number;
}

export interface ListResult<Row> {
  rows: readonly Row[];
  total: number;
  /** False: there are more than `total`. */
  exact: boolean;
}

export interface Column<Row> {
  id: string;
  header: string;
  width: number;
  /** Takes what width is left. */
  grows?: boolean;
  /** Off until it is chosen. */
  optional?: boolean;
  /** The API's field that sorts by it. */
  sort?: string;
  numeric?: boolean;
  /** Its place in the two lines of a narrow screen. */
  phone?: "title" | "sub" | "meta";
  cell: (row: Row) => ReactNode;
}

export interface RowAction<Row> {
  key: string;
  label: (rows: readonly Row[]) => string;
  icon: Icon;
  hotkey?: string;
  danger?: boolean;
  /** Takes several rows at once. */
  many?: boolean;
  /** By its key alone: the row has a button of its own for it. */
  keyOnly?: boolean;
  /** After the rule that parts the main actions from the rest. */
  aside?: boolean;
  offered: (rows: readonly Row[]) => boolean;
  run: (rows: readonly Row[]) => void;
}

export interface ListSpec<Row> {
  /** Names it in what is remembered and asked for. */
  id: string;
  /** What else its rows hang on. */
  key?: readonly string[];
  title: string;
  noun: { one: string; many: string };
  columns: readonly Column<Row>[];
  filters: readonly FilterField[];
  defaultSort: string;
  searchable?: boolean;
  rowId: (row: Row) => string;
  rowName: (row: Row) => string;
  /** Shown in a quieter ink. */
  isQuiet?: (row: Row) => boolean;
  load: (request: ListRequest, signal: AbortSignal) => Promise<ListResult<Row>>;
  /** Where a file of the same view comes from; absent: there is none. */
  csv?: { path: string; columnNames: Record<string, string> };
  empty: ReactNode;
}
