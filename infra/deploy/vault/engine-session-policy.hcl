# What every engine needs for its own token, whatever its domain.

path "auth/token/renew-self" {
  capabilities = ["update"]
}

# Lets the engine's readiness say which right is missing, before an account needs it.
path "sys/capabilities-self" {
  capabilities = ["update"]
}
