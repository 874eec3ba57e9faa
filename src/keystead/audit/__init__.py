"""The audit log: changes and sign-ins, merged by time. What is written there belongs to changes and usage."""
