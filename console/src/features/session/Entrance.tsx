/** What stands between a person and the console: signing in, a temporary password, a second factor that is required. */
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, type ReactNode } from "react";

import { Failed } from "~/components/states";

import { ChangePasswordForm } from "./ChangePassword";
import { Gate } from "./Gate";
import { SESSION_KEY, SessionProvider, useSessionQuery } from "./session";
import { SignIn } from "./SignIn";

const SecondFactorEnrolment = lazy(() => import("./SecondFactor").then((room) => ({ default: room.Enrolment })));

export function Entrance({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const { data: session, error, isPending, refetch } = useSessionQuery();
  const again = () => void queries.invalidateQueries({ queryKey: SESSION_KEY });
  if (isPending) return null;
  if (error) return <Failed error={error} title="Keystead could not be asked who you are" onRetry={() => void refetch()} />;
  if (!session) return <SignIn />;
  if (session.state === "password-change-required") {
    return (
      <Gate title="Choose a password" lead="Yours is temporary: it is good for this step, and for nothing else.">
        <ChangePasswordForm onDone={again} label="Set password" />
      </Gate>
    );
  }
  if (session.state === "second-factor-enrolment-required") {
    return (
      <Gate title="Set up a second factor" lead="Your organisation asks for a code from an authenticator at sign-in.">
        <Suspense fallback={null}>
          <SecondFactorEnrolment onDone={again} />
        </Suspense>
      </Gate>
    );
  }
  return <SessionProvider session={session}>{children}</SessionProvider>;
}
