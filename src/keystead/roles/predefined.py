"""The predefined roles, as data: which actions each holds on which resource types.

Sixteen have the ids that scripts rely on; 1709 and 1711 are reserved and never given to a custom role. Those of
Keystead alone have ids from `FIRST_OWN_ID` on: far above what the contract's product counts, below every custom role.
"""

from typing import Final, NamedTuple


class PredefinedRole(NamedTuple):
    """`crud`, `read_update` and `read` are names of resource types, separated by blanks."""

    id: int
    name: str
    description: str
    crud: str
    read: str
    read_update: str = ""


RESERVED_IDS: Final = frozenset({1709, 1711})
FIRST_OWN_ID: Final = 99_001
PREDEFINED: Final = (
    PredefinedRole(
        id=1,
        name="System administrator",
        description="Everything in its scope: the organisation, people, accounts, access and settings.",
        crud=(
            "department project cluster cluster-config nodepools settings security-settings "
            "branding-settings users apps service-account roles access_rules jobs workloads "
            "workspaces trainings inferences environments pvc-assets git-assets host-path-assets "
            "nfs-assets s3-assets compute-resources templates credentials policies cm-volume-assets "
            "datavolumes secret-volume-assets storage-class-configuration access-keys "
            "network-topologies registries"
        ),
        read=(
            "tenant nodes dashboards-overview dashboards-analytics dashboards-consumption "
            "events-history scrapeable-metrics token-introspection token-status access-decisions"
        ),
        read_update="workload-properties",
    ),
    PredefinedRole(
        id=3,
        name="Editor",
        description="Makes and edits departments, projects and workloads, and gives access; reads people and accounts.",
        crud=(
            "department project access_rules jobs workloads workspaces trainings environments "
            "pvc-assets git-assets host-path-assets nfs-assets s3-assets compute-resources templates "
            "credentials policies cm-volume-assets datavolumes secret-volume-assets"
        ),
        read=(
            "tenant cluster nodepools nodes users apps service-account dashboards-overview "
            "dashboards-analytics dashboards-consumption roles inferences storage-class-configuration "
            "workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=4,
        name="Research manager",
        description="Runs projects and gives access in them; reads workloads of every kind.",
        crud=(
            "project access_rules workspaces trainings environments pvc-assets git-assets "
            "host-path-assets nfs-assets s3-assets compute-resources templates cm-volume-assets "
            "datavolumes secret-volume-assets"
        ),
        read=(
            "department tenant cluster nodepools dashboards-overview dashboards-analytics "
            "dashboards-consumption roles jobs workloads inferences credentials policies "
            "storage-class-configuration workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=5,
        name="L1 researcher",
        description="Submits workloads and makes the assets that they need, in its projects.",
        crud=(
            "jobs workloads workspaces trainings environments pvc-assets git-assets host-path-assets "
            "nfs-assets s3-assets compute-resources templates credentials cm-volume-assets "
            "secret-volume-assets"
        ),
        read=(
            "tenant project cluster nodepools dashboards-overview dashboards-analytics "
            "dashboards-consumption inferences policies datavolumes storage-class-configuration "
            "workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=6,
        name="ML engineer",
        description="Deploys and manages inference workloads.",
        crud="workloads inferences",
        read=(
            "department tenant project cluster nodepools nodes dashboards-overview "
            "dashboards-analytics dashboards-consumption jobs workspaces credentials policies "
            "datavolumes workload-properties"
        ),
    ),
    PredefinedRole(
        id=7,
        name="Viewer",
        description="Reads workloads, assets and the organisation; changes nothing.",
        crud="",
        read=(
            "department tenant project cluster nodepools nodes dashboards-overview "
            "dashboards-analytics dashboards-consumption jobs workloads workspaces trainings "
            "inferences environments pvc-assets git-assets host-path-assets nfs-assets s3-assets "
            "compute-resources templates credentials policies cm-volume-assets datavolumes "
            "secret-volume-assets storage-class-configuration workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=8,
        name="L2 researcher",
        description="Submits workloads with the assets that are there.",
        crud="jobs workloads workspaces trainings",
        read=(
            "tenant project cluster nodepools environments pvc-assets git-assets host-path-assets "
            "nfs-assets s3-assets compute-resources templates credentials policies cm-volume-assets "
            "datavolumes secret-volume-assets storage-class-configuration workload-properties "
            "registries"
        ),
    ),
    PredefinedRole(
        id=9,
        name="Environment administrator",
        description="Manages environments; reads what surrounds them.",
        crud="environments",
        read=(
            "department tenant project cluster dashboards-overview dashboards-analytics "
            "dashboards-consumption jobs workloads workspaces trainings pvc-assets git-assets "
            "host-path-assets nfs-assets s3-assets compute-resources templates policies "
            "cm-volume-assets datavolumes secret-volume-assets storage-class-configuration "
            "workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=10,
        name="Data source administrator",
        description="Manages data sources; reads what surrounds them.",
        crud=(
            "pvc-assets git-assets host-path-assets nfs-assets s3-assets cm-volume-assets "
            "secret-volume-assets"
        ),
        read=(
            "department tenant project cluster dashboards-overview dashboards-analytics "
            "dashboards-consumption jobs workloads workspaces trainings environments "
            "compute-resources templates credentials policies datavolumes storage-class-configuration "
            "workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=11,
        name="Compute resource administrator",
        description="Manages compute resources; reads what surrounds them.",
        crud="compute-resources",
        read=(
            "department tenant project cluster dashboards-overview dashboards-analytics "
            "dashboards-consumption jobs workloads workspaces trainings environments pvc-assets "
            "git-assets host-path-assets nfs-assets s3-assets templates policies cm-volume-assets "
            "datavolumes secret-volume-assets storage-class-configuration workload-properties "
            "registries"
        ),
    ),
    PredefinedRole(
        id=12,
        name="Template administrator",
        description="Manages workload templates; reads what surrounds them.",
        crud="templates",
        read=(
            "department tenant project cluster dashboards-overview dashboards-analytics "
            "dashboards-consumption jobs workloads workspaces trainings environments pvc-assets "
            "git-assets host-path-assets nfs-assets s3-assets compute-resources policies "
            "cm-volume-assets datavolumes secret-volume-assets storage-class-configuration "
            "workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=13,
        name="Department viewer",
        description="Reads a department and all that is in it.",
        crud="",
        read=(
            "department tenant project cluster dashboards-overview dashboards-analytics "
            "dashboards-consumption jobs workloads workspaces trainings inferences environments "
            "pvc-assets git-assets host-path-assets nfs-assets s3-assets compute-resources templates "
            "policies cm-volume-assets datavolumes secret-volume-assets storage-class-configuration "
            "workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=373,
        name="Credentials administrator",
        description="Manages credentials of workloads; reads what surrounds them.",
        crud="credentials",
        read=(
            "department tenant project cluster dashboards-overview dashboards-analytics "
            "dashboards-consumption jobs workloads workspaces trainings environments pvc-assets "
            "git-assets host-path-assets nfs-assets s3-assets compute-resources templates policies "
            "cm-volume-assets datavolumes secret-volume-assets storage-class-configuration "
            "workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=1708,
        name="Application administrator",
        description="Administers departments, projects, workloads and access; reads people and accounts.",
        crud=(
            "department project access_rules jobs workloads workspaces trainings inferences "
            "environments pvc-assets git-assets host-path-assets nfs-assets s3-assets "
            "compute-resources templates credentials policies cm-volume-assets datavolumes "
            "secret-volume-assets"
        ),
        read=(
            "tenant cluster cluster-config nodepools nodes users apps service-account "
            "dashboards-overview dashboards-analytics dashboards-consumption roles events-history "
            "storage-class-configuration workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=1710,
        name="Department administrator",
        description="Administers what is in a department: projects, people, accounts, access and workloads.",
        crud=(
            "project users apps service-account access_rules jobs workloads workspaces trainings "
            "inferences environments pvc-assets git-assets host-path-assets nfs-assets s3-assets "
            "compute-resources templates credentials policies cm-volume-assets datavolumes "
            "secret-volume-assets"
        ),
        read=(
            "department tenant cluster nodepools nodes dashboards-overview dashboards-analytics "
            "dashboards-consumption roles storage-class-configuration workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=2256,
        name="Data volume administrator",
        description="Manages data volumes; reads what surrounds them.",
        crud="datavolumes",
        read=(
            "department tenant project cluster dashboards-overview dashboards-analytics "
            "dashboards-consumption jobs workloads workspaces trainings environments pvc-assets "
            "git-assets host-path-assets nfs-assets s3-assets compute-resources templates credentials "
            "policies cm-volume-assets secret-volume-assets storage-class-configuration "
            "workload-properties registries"
        ),
    ),
    PredefinedRole(
        id=FIRST_OWN_ID,
        name="Token verifier",
        description="For APIs that honour tokens: introspects them, follows what ends them, asks what they may do.",
        crud="",
        read="token-introspection token-status access-decisions",
    ),
)
