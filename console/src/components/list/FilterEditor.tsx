/** One condition, edited: an operator, and a control for the value that suits the column. */
import { Button, Checkbox, Radio, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, dataOf } from "~/api/client";
import { useRoles } from "~/components/names";
import { ScopeTree } from "~/components/ScopeTree";
import { AGES, operatorOf, operatorsOf, type Filter, type FilterField, type FilterOperator } from "~/lib/filters";
import { number } from "~/lib/time";

interface FilterEditorProps {
  field: FilterField;
  filter: Filter | null;
  onApply: (filter: Filter) => void;
  onCancel: () => void;
}

export function FilterEditor({ field, filter, onApply, onCancel }: FilterEditorProps) {
  const operators = operatorsOf(field);
  const begin = filter ? operatorOf(field, filter) : operators[0];
  const [operator, setOperator] = useState<FilterOperator | undefined>(begin);
  const [values, setValues] = useState<readonly string[]>(filter && begin?.fixed === undefined ? filter.values : []);
  if (!operator) return null;
  const kept = values.map((value) => value.trim()).filter(Boolean);
  const ready = operator.fixed !== undefined || kept.length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (!ready) return;
    const chosen = operator.fixed === undefined ? kept : [operator.fixed];
    onApply({ field: field.field, sign: operator.sign, values: operator.several ? chosen : chosen.slice(0, 1) });
  };
  return (
    <form onSubmit={submit}>
      <div className="filter-head">
        {field.label}
        <select
          className="plain-select"
          aria-label="Operator"
          value={operators.indexOf(operators.find((one) => one.words === operator.words) ?? operator)}
          onChange={(event) => setOperator(operators[Number(event.currentTarget.value)])}
        >
          {operators.map(({ words }, at) => (
            <option key={words} value={at}>
              {words}
            </option>
          ))}
        </select>
      </div>
      {operator.fixed === undefined && (
        <div className="filter-body">
          <Values field={field} several={operator.several ?? false} values={values} onChange={setValues} />
        </div>
      )}
      <div className="filter-buttons">
        <Button variant="subtle" color="gray" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" disabled={!ready}>
          Apply
        </Button>
      </div>
    </form>
  );
}

interface ValuesProps {
  field: FilterField;
  several: boolean;
  values: readonly string[];
  onChange: (values: readonly string[]) => void;
}

function Values(props: ValuesProps) {
  const { field, several, values, onChange } = props;
  const [value = ""] = values;
  switch (field.kind) {
    case "date":
      return <DateValue value={value} ahead={field.field === "secretExpiresAt"} onChange={(one) => onChange([one])} />;
    case "age":
      return (
        <Radio.Group aria-label={field.label} value={value} onChange={(one) => onChange([one])}>
          <div className="filter-presets">
            {AGES.map(({ days, words }) => (
              <Radio key={days} value={`-${days}d`} label={words} />
            ))}
          </div>
        </Radio.Group>
      );
    case "status":
      return (
        <Radio.Group aria-label={field.label} value={value} onChange={(one) => onChange([one])}>
          <div className="filter-presets">
            {field.options?.map((option) => (
              <Radio key={option.value} value={option.value} label={option.label} />
            ))}
          </div>
        </Radio.Group>
      );
    case "choice":
      return <Options options={field.options ?? []} {...props} />;
    case "role":
      return <RoleValues {...props} />;
    case "scope":
      return <ScopeTree label={field.label} single chosen={values} onChoose={(node) => onChange([node.scopeId])} />;
    case "person":
      return several ? <PersonValues {...props} /> : <TextValue field={field} value={value} onChange={onChange} />;
    case "text":
    case "number":
      return <TextValue field={field} value={value} onChange={onChange} />;
  }
}

function TextValue({ field, value, onChange }: { field: FilterField; value: string; onChange: ValuesProps["onChange"] }) {
  return (
    <TextInput
      aria-label={`${field.label} value`}
      data-autofocus
      autoFocus
      inputMode={field.kind === "number" ? "numeric" : undefined}
      value={value}
      onChange={(event) => onChange([event.currentTarget.value])}
    />
  );
}

const BEFORE = [7, 30, 90, 365];

function DateValue({ value, ahead, onChange }: { value: string; ahead: boolean; onChange: (value: string) => void }) {
  const preset = (days: number) => (ahead ? `${days}d` : `-${days}d`);
  const words = (days: number) => AGES.find((age) => age.days === days)?.words ?? `${days} days`;
  return (
    <>
      <Radio.Group aria-label="How long ago" value={value} onChange={onChange}>
        <div className="filter-presets">
          {BEFORE.map((days) => (
            <Radio key={days} value={preset(days)} label={ahead ? `in ${words(days)}` : `${words(days)} ago`} />
          ))}
        </div>
      </Radio.Group>
      <TextInput
        type="date"
        aria-label="Date (UTC)"
        value={/^\d{4}-/.test(value) ? value.slice(0, 10) : ""}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </>
  );
}

interface Option {
  value: string;
  label: string;
  count?: number;
}

interface OptionsProps extends ValuesProps {
  options: readonly Option[];
}

function Options({ options, values, onChange }: OptionsProps) {
  const toggle = (value: string, on: boolean) =>
    onChange(on ? [...values, value] : values.filter((one) => one !== value));
  return (
    <ul className="option-list">
      {options.map(({ value, label, count }) => (
        <li key={value} className="option-item">
          <Checkbox
            className="grow"
            label={label}
            checked={values.includes(value)}
            onChange={(event) => toggle(value, event.currentTarget.checked)}
          />
          {count !== undefined && <span className="meta">{number.format(count)}</span>}
        </li>
      ))}
    </ul>
  );
}

function Narrow({ label, text, onText }: { label: string; text: string; onText: (text: string) => void }) {
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      data-autofocus
      autoFocus
      leftSection={<IconSearch size={16} stroke={1.75} />}
      value={text}
      onChange={(event) => onText(event.currentTarget.value)}
    />
  );
}

function RoleValues(props: ValuesProps) {
  const [text, setText] = useState("");
  const roles = useRoles();
  const wanted = text.trim().toLowerCase();
  const options = roles
    .filter((role) => role.name.toLowerCase().includes(wanted) || props.values.includes(String(role.id)))
    .map((role) => ({ value: String(role.id), label: role.name }));
  return (
    <>
      <Narrow label="Search roles" text={text} onText={setText} />
      <Options {...props} options={options} />
    </>
  );
}

const PEOPLE_SHOWN = 50;

/** People who made accounts, those who made most first; who is chosen stays in sight. */
function PersonValues(props: ValuesProps) {
  const [text, setText] = useState("");
  const search = text.trim();
  const creators = useQuery({
    queryKey: ["creators", search],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      dataOf(
        await api.GET("/api/v1/service-accounts/creators", {
          signal,
          params: { query: { limit: PEOPLE_SHOWN, ...(search ? { search } : {}) } },
        }),
      ).creators,
  });
  const found = (creators.data ?? []).map(({ name, count }) => ({ value: name, label: name, count }));
  const chosen = props.values
    .filter((value) => !found.some((option) => option.value === value))
    .map((value) => ({ value, label: value }));
  return (
    <>
      <Narrow label="Search people" text={text} onText={setText} />
      <Options {...props} options={[...chosen, ...found]} />
    </>
  );
}
