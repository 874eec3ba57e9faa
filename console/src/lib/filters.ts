/**
 * A list's filters, between three forms: what a chip shows, what the address bar holds, and the API's `filterBy`.
 * The address bar holds the API's form, so that a link, a chip and a script say the same thing.
 */

export type FilterKind = "text" | "date" | "person" | "choice" | "role" | "scope" | "status" | "age" | "number";

/** A column that can be filtered. `field` is the API's name. */
export interface FilterField {
  field: string;
  label: string;
  kind: FilterKind;
  /** For `choice` and `status`: the API's value and its word. */
  options?: readonly { value: string; label: string }[];
  /** For dates: some rows have none, and "never" is a value. */
  never?: boolean;
}

/** The API's sign, and how a person says it. */
export interface FilterOperator {
  sign: Sign;
  words: string;
  /** Takes no value: it stands for this one. */
  fixed?: string;
  /** Several values may be given. */
  several?: boolean;
}

export type Sign = "==" | "!=" | "<=" | ">=" | "=@" | "!@" | "=^" | "=$" | "=|" | "!|";

export interface Filter {
  field: string;
  sign: Sign;
  values: readonly string[];
}

const SIGNS: readonly Sign[] = ["==", "!=", "<=", ">=", "=@", "!@", "=^", "=$", "=|", "!|"];

const OPERATORS: Record<FilterKind, readonly FilterOperator[]> = {
  text: [
    { sign: "=@", words: "contains" },
    { sign: "!@", words: "does not contain" },
    { sign: "==", words: "is" },
    { sign: "!=", words: "is not" },
    { sign: "=^", words: "starts with" },
    { sign: "=$", words: "ends with" },
  ],
  date: [
    { sign: "<=", words: "before" },
    { sign: ">=", words: "after" },
    { sign: "==", words: "is never", fixed: "never" },
    { sign: "!=", words: "is not never", fixed: "never" },
  ],
  age: [
    { sign: "<=", words: "older than" },
    { sign: ">=", words: "younger than" },
  ],
  number: [
    { sign: "==", words: "is" },
    { sign: ">=", words: "is at least" },
    { sign: "<=", words: "is at most" },
  ],
  person: [
    { sign: "=|", words: "is any of", several: true },
    { sign: "!|", words: "is none of", several: true },
    { sign: "=@", words: "contains" },
  ],
  role: [
    { sign: "=|", words: "is any of", several: true },
    { sign: "!|", words: "is none of", several: true },
  ],
  choice: [
    { sign: "=|", words: "is any of", several: true },
    { sign: "!|", words: "is none of", several: true },
  ],
  status: [{ sign: "==", words: "is" }],
  scope: [
    { sign: "=^", words: "is in or below" },
    { sign: "==", words: "is exactly" },
  ],
};

export function operatorsOf(field: FilterField): readonly FilterOperator[] {
  const all = OPERATORS[field.kind];
  return field.kind === "date" && !field.never ? all.filter((operator) => operator.fixed === undefined) : all;
}

export function operatorOf(field: FilterField, filter: Filter): FilterOperator {
  const found = operatorsOf(field).find(
    (operator) => operator.sign === filter.sign && (operator.fixed === undefined || operator.fixed === filter.values[0]),
  );
  return found ?? { sign: filter.sign, words: filter.sign };
}

const escape = (value: string) => value.replace(/[\\|]/g, (sign) => `\\${sign}`);

function unescape(text: string): string[] {
  // A separator is a bar that no backslash takes away; two backslashes are one that is meant.
  const parts = text.match(/(?:\\.|[^\\|])+|\|/g) ?? [];
  return parts.filter((part) => part !== "|").map((part) => part.replace(/\\(.)/g, "$1"));
}

const takesSeveral = (sign: Sign) => sign === "=|" || sign === "!|";

/** As the API reads it: `createdBy=|dana@example.com|mei@example.com`. */
export function toWire(filter: Filter): string {
  const values = takesSeveral(filter.sign) ? filter.values.map(escape).join("|") : (filter.values[0] ?? "");
  return `${filter.field}${filter.sign}${values}`;
}

/** The filter that a text says, or null when it says none of these fields. */
export function fromWire(text: string, fields: readonly FilterField[]): Filter | null {
  for (const { field } of fields) {
    if (!text.startsWith(field)) continue;
    const rest = text.slice(field.length);
    const sign = SIGNS.find((candidate) => rest.startsWith(candidate));
    const said = sign ? rest.slice(sign.length) : "";
    if (sign && said) return { field, sign, values: takesSeveral(sign) ? unescape(said) : [said] };
  }
  return null;
}

/** The moment that an age in days stands for, kept as days in the address so that a link keeps its meaning. */
export const AGES = [
  { days: 30, words: "30 days" },
  { days: 90, words: "90 days" },
  { days: 180, words: "6 months" },
  { days: 365, words: "1 year" },
  { days: 730, words: "2 years" },
] as const;

const RELATIVE = /^(-?\d+)d$/;

/** "-90d" in the address is 90 days before now; the API is asked for the date. */
export function resolveDates(filter: Filter, kind: FilterKind, now: number = Date.now()): Filter {
  if (kind !== "date" && kind !== "age") return filter;
  const values = filter.values.map((value) => {
    const relative = RELATIVE.exec(value);
    if (!relative) return value;
    return new Date(now + Number(relative[1]) * 86_400_000).toISOString().slice(0, 10);
  });
  return { ...filter, values };
}

/** The words of a value, for its chip. `names` knows what ids are called. */
export function valueWords(field: FilterField, value: string, names: ReadonlyMap<string, string>): string {
  if (field.kind === "date" || field.kind === "age") {
    const relative = RELATIVE.exec(value);
    if (!relative) return value;
    const days = Number(relative[1]);
    const words = AGES.find((age) => age.days === Math.abs(days))?.words ?? `${Math.abs(days)} days`;
    if (field.kind === "age") return words;
    return days <= 0 ? `${words} ago` : `in ${words}`;
  }
  return field.options?.find((option) => option.value === value)?.label ?? names.get(value) ?? value;
}

/** What a chip shows after column and operator: the first value, and how many more. */
export function chipValue(field: FilterField, filter: Filter, names: ReadonlyMap<string, string>): string {
  const [first = "", ...more] = filter.values;
  const words = valueWords(field, first, names);
  return more.length ? `${words} +${more.length}` : words;
}
