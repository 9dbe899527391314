"""What the commands share: opening the network, reading options, printing. Entry point: `run`."""
