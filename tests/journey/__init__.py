"""What tests/journey.py walks through: the hosts, the clients, and the steps by what they are about."""
