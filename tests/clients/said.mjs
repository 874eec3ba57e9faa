// What a test told this program, and how it tells the test what came of it.
const given = JSON.parse(process.env.TOLD);

export const { url, account, api, person, admin } = given;

export function tell(what) {
  process.stdout.write(JSON.stringify(what));
}

/** Resolves to the error's OAuth code, or its name; fails when nothing is thrown. */
export async function refusal(work) {
  try {
    await work();
  } catch (error) {
    return error.error ?? error.cause?.[0]?.parameters?.error ?? error.code ?? error.name;
  }
  throw new Error('it was not refused');
}

/** The key that signs is revoked, so that another signs from the answer on. */
export async function anotherKeySigns() {
  const headers = { authorization: `Bearer ${admin}` };
  const listed = await (await fetch(`${url}/api/v1/signing-keys`, { headers })).json();
  const id = listed.signingKeys.find((key) => key.state === 'signing').id;
  const answer = await fetch(`${url}/api/v1/signing-keys/${id}`, { method: 'DELETE', headers });
  if (!answer.ok) throw new Error(await answer.text());
}
