"""What all channels share: order and de-duplication of messages, the dialogue with the assistant, deliveries."""
