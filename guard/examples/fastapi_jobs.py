"""An API of jobs behind Keystead.

    export KEYSTEAD_URL=http://127.0.0.1:8080 KEYSTEAD_CLIENT_ID=jobs-api KEYSTEAD_CLIENT_SECRET=ksk_...
    uvicorn fastapi_jobs:app --port 8000

The account `jobs-api` needs the role Token verifier in the tenant.
"""

from typing import Annotated

from fastapi import Depends, FastAPI

from keystead_guard import Caller, Guard
from keystead_guard.fastapi import Protect

guard = Guard.from_env()
protect = Protect(guard)
app = FastAPI(lifespan=guard.lifespan)


@app.get("/whoami")
async def whoami(caller: Annotated[Caller, Depends(protect)]) -> dict[str, str]:
    return {"subject": caller.subject, "client_id": caller.client_id}


@app.get("/projects/{project}/jobs", dependencies=[Depends(protect.to("read", "jobs", "{project}"))])
async def list_jobs(project: str) -> dict[str, list[str]]:
    return {project: ["train-7", "train-8"]}


@app.post("/projects/{project}/jobs", status_code=201)
async def submit_job(
    project: str, caller: Annotated[Caller, Depends(protect.to("create", "jobs", "{project}"))]
) -> dict[str, str]:
    return {"project": project, "submitted_by": caller.client_id}
