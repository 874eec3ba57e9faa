"""The same with Litestar. See fastapi_jobs.py."""

from typing import Any

from litestar import Litestar, Request, get, post

from keystead_guard import Guard
from keystead_guard.litestar import caller_of, protected
from keystead_guard.needs import Permission

guard = Guard.from_env()


@get("/whoami", guards=[protected(guard)])
async def whoami(request: Request[Any, Any, Any]) -> dict[str, str]:
    caller = caller_of(request)
    return {"subject": caller.subject, "client_id": caller.client_id}


@get("/projects/{project:str}/jobs", guards=[protected(guard, Permission("read", "jobs", "{project}"))])
async def list_jobs(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    return {request.path_params["project"]: ["train-7", "train-8"]}


@post("/projects/{project:str}/jobs", guards=[protected(guard, Permission("create", "jobs", "{project}"))])
async def submit_job(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"project": request.path_params["project"], "submitted_by": caller_of(request).client_id}


app = Litestar([whoami, list_jobs, submit_job], lifespan=[guard.lifespan])
