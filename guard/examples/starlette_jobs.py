"""The same with Starlette. See fastapi_jobs.py."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from keystead_guard import Guard
from keystead_guard.needs import Permission
from keystead_guard.starlette import protected

guard = Guard.from_env()


@protected(guard)
async def whoami(request: Request) -> Response:
    caller = request.state.caller
    return JSONResponse({"subject": caller.subject, "client_id": caller.client_id})


@protected(guard, Permission("read", "jobs", "{project}"))
async def list_jobs(request: Request) -> Response:
    return JSONResponse({request.path_params["project"]: ["train-7", "train-8"]})


@protected(guard, Permission("create", "jobs", "{project}"))
async def submit_job(request: Request) -> Response:
    project, caller = request.path_params["project"], request.state.caller
    return JSONResponse({"project": project, "submitted_by": caller.client_id}, 201)


app = Starlette(
    routes=[
        Route("/whoami", whoami),
        Route("/projects/{project}/jobs", list_jobs),
        Route("/projects/{project}/jobs", submit_job, methods=["POST"]),
    ],
    lifespan=guard.lifespan,
)
