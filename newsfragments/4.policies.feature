Installed packages can bring other eviction policies, which `routing.router.use` names; `contrib/lru_policy` is one.
